/** The test pictures that ffmpeg generates, by the names of its filters. None of them reads or writes anything. */
export const testPatterns = [
  'testsrc2',
  'testsrc',
  'smptehdbars',
  'smptebars',
  'pal100bars',
  'pal75bars',
  'rgbtestsrc',
  'yuvtestsrc',
] as const;

/** A test picture in place of a camera. */
export interface TestPattern {
  readonly name: (typeof testPatterns)[number];
  readonly widthPx: number;
  readonly heightPx: number;
  /** Frames per second. */
  readonly rate: number;
}

const limits = { sidePx: [16, 4096], rate: [0.1, 120] } as const;
const defaults = { widthPx: 640, heightPx: 360, rate: 15 } as const;
const option = /^(?:(?:size|s)=(\d{1,4})x(\d{1,4})|(?:rate|r)=(\d{1,3}(?:\.\d{1,3})?))$/;

/**
 * Parses the text after `test:`: a name from the list, and optionally `size=WIDTHxHEIGHT` and `rate=NUMBER`. Anything
 * else is refused, because ffmpeg reads such a text as a filter graph, and filters can open files and load plugins.
 * @param text - `testsrc2`, `testsrc2=size=320x180:rate=10`; `s` and `r` are short for `size` and `rate`
 * @returns undefined when it is anything else, or a number is out of range
 */
export function parseTestPattern(text: string): TestPattern | undefined {
  const [, word = '', rest = ''] = /^([a-z0-9]+)(?:=(.+))?$/s.exec(text) ?? [];
  const name = testPatterns.find((each) => each === word);
  if (name === undefined) return undefined;
  let pattern: TestPattern = { name, ...defaults };
  for (const part of rest === '' ? [] : rest.split(':')) {
    const [, width, height, rate] = option.exec(part) ?? [];
    if (width !== undefined) pattern = { ...pattern, widthPx: Number(width), heightPx: Number(height) };
    else if (rate !== undefined) pattern = { ...pattern, rate: Number(rate) };
    else return undefined;
  }
  const { widthPx, heightPx } = pattern;
  const isSound =
    isWithin(widthPx, limits.sidePx) &&
    isWithin(heightPx, limits.sidePx) &&
    isWithin(pattern.rate, limits.rate);
  return isSound ? pattern : undefined;
}

/** Builds ffmpeg's source filter for a pattern from the name and the numbers alone. */
export function testPatternFilter({ name, widthPx, heightPx, rate }: TestPattern): string {
  return `${name}=size=${widthPx}x${heightPx}:rate=${rate}`;
}

function isWithin(value: number, [least, most]: readonly [number, number]): boolean {
  return value >= least && value <= most;
}
