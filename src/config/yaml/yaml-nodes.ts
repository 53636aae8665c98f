/** Reads yaml's tree of nodes, which knows where each value is in the text. */
import { isAlias, isMap, isScalar, isSeq, type Document, type Pair } from 'yaml';
import type { ConfigPath } from '../config-fault.ts';

/** A key as in plain data; undefined if the key is a mapping, list or alias. */
export function keyText(pair: Pair): string | undefined {
  if (pair.key === null) return '';
  if (!isScalar(pair.key)) return undefined;
  const { value } = pair.key;
  if (isMergeKey(pair)) return '<<';
  const isWord = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return isWord ? String(value) : '';
}

/** The key `<<`, which merges the entries of another mapping. */
function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && typeof pair.key.value === 'symbol';
}

/** Position of a node in the text, characters from 0. */
export interface NodePosition {
  readonly keyOffset: number;
  /** Missing values have no position. */
  readonly valueOffset: number | undefined;
  readonly node: unknown;
}

/**
 * Finds the node at a path, through aliases and merged mappings.
 * @returns `isWhole` is false if only a node around it was found; the position is then that node's
 */
export function findNode(document: Document.Parsed, path: ConfigPath): NodePosition & { isWhole: boolean } {
  let place: NodePosition = {
    keyOffset: 0,
    valueOffset: offsetOf(document.contents),
    node: document.contents,
  };
  for (const step of path) {
    const next = childOf(document, resolveAlias(document, place.node), step);
    if (next === undefined) return { ...place, isWhole: false };
    place = next;
  }
  return { ...place, node: resolveAlias(document, place.node), isWhole: true };
}

function childOf(document: Document.Parsed, node: unknown, step: string | number): NodePosition | undefined {
  if (isSeq(node)) {
    const item = typeof step === 'number' ? node.items[step] : undefined;
    const offset = offsetOf(item);
    return item === undefined ? undefined : { keyOffset: offset ?? 0, valueOffset: offset, node: item };
  }
  if (!isMap(node)) return undefined;
  const own = node.items.findLast((pair) => !isMergeKey(pair) && keyText(pair) === String(step));
  if (own) return { keyOffset: offsetOf(own.key) ?? 0, valueOffset: offsetOf(own.value), node: own.value };
  return node.items
    .filter(isMergeKey)
    .flatMap((pair) => mergedNodes(document, pair.value))
    .filter((merged) => merged !== node)
    .map((merged) => childOf(document, merged, step))
    .find((place) => place !== undefined);
}

function mergedNodes(document: Document.Parsed, value: unknown): unknown[] {
  const node = resolveAlias(document, value);
  return isSeq(node) ? node.items.map((item) => resolveAlias(document, item)) : [node];
}

function resolveAlias(document: Document.Parsed, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

/** undefined for an empty value: in `host:` the value has no position. */
function offsetOf(node: unknown): number | undefined {
  if (!isScalar(node) && !isMap(node) && !isSeq(node) && !isAlias(node)) return undefined;
  const isNothing = isScalar(node) && node.value === null && node.source === '';
  return isNothing ? undefined : (node.range?.[0] ?? undefined);
}
