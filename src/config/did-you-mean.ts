import { distance } from 'fastest-levenshtein';

/** Words that other programs use for these keys; the first possible one is suggested. */
const synonyms: Readonly<Record<string, readonly string[]>> = {
  url: ['source'],
  uri: ['source'],
  input: ['source'],
  stream: ['source'],
  address: ['source', 'host'],
  listen: ['host'],
  bind: ['host'],
  resolution: ['size'],
  framerate: ['fps'],
  title: ['name'],
  label: ['name'],
  username: ['name'],
  token: ['tokenHash'],
  password: ['tokenHash'],
  hash: ['tokenHash'],
  certificate: ['cert'],
  privatekey: ['key'],
  bitrate: ['bitrateKbps'],
  timeout: ['stallS'],
  off: ['silent', 'off'],
  grey: ['gray'],
  colour: ['color'],
};

/**
 * Finds the word that a mistyped word probably means: the same apart from case and `-_`, a word that other programs
 * use, or the nearest one by edits (Levenshtein), with at most one edit per three letters or part of them.
 * @returns undefined when no word is near
 */
function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  const plain = simplify(word);
  const same = candidates.find((candidate) => simplify(candidate) === plain);
  if (same !== undefined) return same;
  const known = Object.hasOwn(synonyms, plain) ? synonyms[plain] : undefined;
  const meant = known?.find((candidate) => candidates.includes(candidate));
  if (meant !== undefined) return meant;
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: distance(plain, simplify(candidate)) }))
    .sort((a, b) => a.edits - b.edits);
  const [first] = ranked;
  return first && first.edits <= Math.ceil(plain.length / 3) ? first.candidate : undefined;
}

/** `; did you mean "source"?`, or nothing. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const meant = nearest(word, candidates);
  return meant === undefined ? '' : `; did you mean "${meant}"?`;
}

function simplify(word: string): string {
  return word.toLowerCase().replace(/[-_\s]/g, '');
}
