import { Parser, type CST } from 'yaml';

/** A config needs eight. */
const deepest = 64;

/**
 * Finds collections that are nested too deeply to be composed. yaml composes by recursion and relies on catching a
 * stack overflow. But V8 ends the process if a regular expression is compiled near the end of the stack.
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
