/**
 * Works on several items at once and gives the results in the items' order.
 * @param concurrency - how many items are in progress at once; no more results than that are held
 * @yields each item with its result
 * @throws what `work` throws, once the results before it are out
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
