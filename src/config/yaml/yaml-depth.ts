import { Parser, type CST } from 'yaml';

/** A config needs eight. */
const deepest = 64;

/**
 * Finds collections that are nested too deeply to be composed. yaml composes by recursion and counts on a stack
 * overflow that can be caught; but V8 ends the process when a regular expression is compiled near the stack's end.
 * @returns the offset of the first one; undefined when there is none
 */
export function tooDeepAt(text: string): number | undefined {
  for (const token of new Parser().parse(text)) {
    const open: { token: CST.Token; depth: number }[] = [{ token, depth: 0 }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const depth = next.depth + 1;
      if (depth > deepest) return next.token.offset;
      for (const child of childrenOf(next.token)) open.push({ token: child, depth });
    }
  }
  return undefined;
}

function childrenOf(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value ? [token.value] : [];
  if (!('items' in token)) return [];
  return token.items.flatMap(({ key, value }) =>
    [key, value].filter((part) => part !== null && part !== undefined),
  );
}
