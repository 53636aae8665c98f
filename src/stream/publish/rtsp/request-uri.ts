import { trackControl } from './sdp.ts';

/** A request's URI in parts. */
export interface RequestUri {
  /** `/gate`: begins with a slash and ends with none; `/` alone for the server itself. */
  readonly path: string;
  /** The mount's URI as the client names it, without query and without a slash at its end. */
  readonly base: string;
}

/** Takes a request's URI apart: absolute, a path alone, or `*`. Whatever it is, there is a path. */
export function parseRequestUri(uri: string): RequestUri {
  const [, origin = '', rest = ''] = /^(rtsps?:\/\/[^/?#]*)?([^?#]*)/i.exec(uri) ?? [];
  const trimmed = rest.replace(/\/+$/, '');
  const whole = trimmed.endsWith(`/${trackControl}`) ? trimmed.slice(0, -trackControl.length - 1) : trimmed;
  const path = mountPath(whole);
  return { path, base: `${origin}${path === '/' ? '' : path}` };
}

/** Normalises a mount's path: one slash at the start, none at the end. */
export function mountPath(path: string): string {
  return `/${path.replace(/^\/+|\/+$/g, '')}`;
}
