import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { didYouMean } from './did-you-mean.ts';
import { parseTestPattern, testPatterns } from './test-pattern.ts';

/** What a camera's `source` may start with. */
export const sourceKinds = ['rtsp', 'rtsps', 'http', 'https', 'file', 'device', 'test'] as const;
export type SourceKind = (typeof sourceKinds)[number];

const networkKinds: readonly SourceKind[] = ['rtsp', 'rtsps', 'http', 'https'];

/** The kind of a source; undefined if it is unknown. */
export function sourceKind(source: string): SourceKind | undefined {
  const scheme = /^([a-z]+):/.exec(source)?.[1];
  return sourceKinds.find((kind) => kind === scheme);
}

/**
 * Says what is wrong with a source; undefined if nothing is.
 * @returns a text that repeats nothing of the source except its scheme
 */
export function sourceFault(source: string): string | undefined {
  const kind = sourceKind(source);
  if (kind === undefined) {
    // Without the slashes it may also be `user:password@host`.
    const scheme = /^([a-z][a-z0-9+.-]{0,15}):\/\//i.exec(source)?.[1];
    const got = scheme === undefined ? 'none of them' : `${scheme}://`;
    return `expected a source that begins with ${sourceKinds.join(':, ')}: but got ${got}${didYouMean(scheme ?? '', sourceKinds)}`;
  }
  if (/\p{Cc}/u.test(source)) return `expected a source without control characters`;
  const rest = source.slice(kind.length + 1);
  if (networkKinds.includes(kind)) {
    if (hasRawPassword(rest))
      return 'expected a password in which # / ? are percent-encoded (%23, %2F, %3F) but got one as it is typed';
    return /^\/\/([^/?#]*@)?[^/?#@]+([/?#]|$)/.test(rest)
      ? undefined
      : `expected ${kind}://HOST/... but got no host`;
  }
  if (rest.trim() === '') return `expected something after ${kind}: but got nothing`;
  if (kind === 'test') return testPatternFault(rest);
  return kind === 'file' && rest.startsWith('//') && pathOfUrl(source) === undefined
    ? 'expected file:PATH or file:///PATH but got a file: URL that is not a file of this machine'
    : undefined;
}

/** In `//user:pa#ss@host`, the part before the sign is read as a host and its port, which is not a number. */
function hasRawPassword(rest: string): boolean {
  return /^\/\/[^/?#@]*:(?!\d*[/?#])[^/?#@]*[/?#].*@/.test(rest);
}

function testPatternFault(text: string): string | undefined {
  if (parseTestPattern(text) !== undefined) return undefined;
  const [word = ''] = text.split('=');
  return `expected test:NAME or test:NAME=size=WIDTHxHEIGHT:rate=NUMBER (16 to 4096 pixels, 0.1 to 120 frames a second) with NAME one of ${testPatterns.join(', ')} but got something else${didYouMean(word, testPatterns)}`;
}

/** Makes the path of a `file:` source absolute, and decodes `file:///URL`; other sources stay as they are. */
export function absoluteSource(source: string, dir: string): string {
  if (sourceKind(source) !== 'file') return source;
  return `file:${resolve(dir, pathOfUrl(source) ?? source.slice('file:'.length))}`;
}

/** undefined for `file:PATH`, and for a URL of another machine or with a wrong encoding. */
function pathOfUrl(source: string): string | undefined {
  if (!source.startsWith('file://')) return undefined;
  try {
    return fileURLToPath(source);
  } catch {
    return undefined; // the system's message would repeat the source
  }
}
