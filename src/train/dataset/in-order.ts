/**
 * Works on several items at the same time and returns the results in the order of the items.
 * @param concurrency - maximum number of items in progress, and of results in memory
 * @yields each item with its result
 * @throws what `work` throws, after the results before it
 */
export async function* inOrder<T, R>(
  items: Iterable<T>,
  concurrency: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<[T, R]> {
  const underWay: { item: T; result: Promise<R> }[] = [];
  for (const item of items) {
    if (underWay.length === concurrency) {
      const first = underWay.shift();
      if (first) yield [first.item, await first.result];
    }
    const result = work(item);
    result.catch(() => undefined); // the consumer awaits it and sees the error
    underWay.push({ item, result });
  }
  for (const { item, result } of underWay) yield [item, await result];
}
