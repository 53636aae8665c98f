/** Which versions of Node run the program. This file imports nothing, so that any Node can run it. */

/**
 * Whether a version lies in a range such as `^20.19.0 || >=24`.
 * @param version - with or without a leading `v`
 * @param range - alternatives of `^a.b.c` or `>=a.b.c`; missing numbers are 0
 * @throws {TypeError} for other forms
 */
export function isVersionIn(version: string, range: string): boolean {
  const found = numbersOf(version);
  return range.split('||').some((alternative) => {
    const match = /^(\^|>=)(\d+(?:\.\d+){0,2})$/.exec(alternative.trim());
    if (match === null) throw new TypeError(`expected ^ or >= and a version but got "${alternative.trim()}"`);
    const [, operator = '', least = ''] = match;
    const wanted = numbersOf(least);
    return isAtLeast(found, wanted) && (operator === '>=' || found[0] === wanted[0]);
  });
}

function numbersOf(version: string): number[] {
  return version.replace(/^v/, '').split(/[.-]/).slice(0, 3).map(Number);
}

function isAtLeast(found: readonly number[], wanted: readonly number[]): boolean {
  for (let i = 0; i < 3; i++) {
    const difference = (found[i] ?? 0) - (wanted[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
