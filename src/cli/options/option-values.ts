import { InvalidArgumentError } from 'commander';
import { parseBlend } from '../../blend.ts';
import type { ViewWeight } from '../../train/run/view-weights.ts';

/** Parses a whole number from 1. */
export function positive(text: string): number {
  return wholeFrom(1)(text);
}

/** @returns a parser of whole numbers from `least` */
export function wholeFrom(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < least)
      throw new InvalidArgumentError(`Expected a whole number from ${least}.`);
    return value;
  };
}

/** @returns a parser of numbers from `least` to `most` */
export function numberIn(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= most)) {
      throw new InvalidArgumentError(`Expected a number from ${least} to ${most}.`);
    }
    return value;
  };
}

/** @returns a parser of times from `least` to `most` seconds: `75.5`, `1:15.5`, `0:01:15.5` */
export function timeIn(least: number, most: number): (text: string) => number {
  return (text) => {
    const parts = /^(?:(?:(\d+):)?([0-5]?\d):)?(\d+(?:\.\d+)?)$/.exec(text.trim());
    const [hours, minutes, seconds] = (parts?.slice(1) ?? []).map((part: string | undefined) =>
      Number(part ?? 0),
    );
    const isClock = parts?.[2] !== undefined;
    const value = 3600 * (hours ?? 0) + 60 * (minutes ?? 0) + (seconds ?? NaN);
    if (value >= least && value <= most && !(isClock && (seconds ?? 0) >= 60)) return value;
    throw new InvalidArgumentError(
      `Expected a time from ${least} to ${most} s: seconds, or hours:minutes:seconds such as 1:02:03.`,
    );
  };
}

/** Parses two different numbers with a comma, such as `-1,1`. */
export function twoNumbers(text: string): [number, number] {
  const [first = NaN, second = NaN, ...others] = text.split(',').map((part) => Number(part.trim() || NaN));
  if (Number.isFinite(first) && Number.isFinite(second) && first !== second && others.length === 0)
    return [first, second];
  throw new InvalidArgumentError('Expected two different numbers with a comma between them, such as -1,1.');
}

/** Checks `NAME=SHARE`, such as `ddcolor=0.5`. */
export function blendText(text: string): string {
  if (parseBlend(text) !== undefined) return text;
  throw new InvalidArgumentError('Expected a model, "=" and its share between 0 and 1, such as ddcolor=0.5.');
}

/** Parses `glob=times`, such as `street/**=3`. */
export function viewWeightFrom(text: string): ViewWeight {
  const [, pattern, times] = /^(.+)=([1-9]\d?)$/.exec(text) ?? [];
  if (pattern === undefined)
    throw new InvalidArgumentError(
      'Expected a glob, "=" and how many times, 1 to 99, such as "street/**=3".',
    );
  return { pattern, times: Number(times) };
}
