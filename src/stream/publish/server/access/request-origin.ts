import { isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';

const hostPattern = /^(\[[\da-fA-F:.]+\]|[\w.-]+)(?::\d{1,5})?$/;

/** The Host header without its port; undefined if it is missing or malformed. */
export function hostnameOf(request: IncomingMessage): string | undefined {
  return hostPattern.exec(request.headers.host ?? '')?.[1]?.toLowerCase();
}

/**
 * Whether a request without a login is really meant for this machine. Another site can point its own name to 127.0.0.1
 * (DNS rebinding), and the browser then takes it for our origin. The Host header reveals it.
 * @param listenHost - `server.host`
 * @param origins - `server.origins`
 */
export function isLocalHost(hostname: string, listenHost: string, origins: readonly string[]): boolean {
  const bare = hostname.replace(/^\[|\]$/g, '');
  if (bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1') return true;
  if (isIP(bare) === 4 && bare.startsWith('127.')) return true;
  return bare === listenHost.toLowerCase() || origins.some((origin) => new URL(origin).hostname === hostname);
}

/** The request's Origin if `server.origins` lists it: pages from there may call the API. */
export function foreignOrigin(request: IncomingMessage, origins: readonly string[]): string | undefined {
  const { origin } = request.headers;
  return origin !== undefined && origins.some((allowed) => new URL(allowed).origin === origin)
    ? origin
    : undefined;
}

/**
 * Whether a request that changes something or opens a WebSocket comes from our own page or from an allowed origin.
 * Programs send no Origin. Browsers always do, so a cookie without an Origin is refused.
 */
export function isTrustedOrigin(
  request: IncomingMessage,
  options: { readonly isTls: boolean; readonly origins: readonly string[]; readonly hasCookie: boolean },
): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return !options.hasCookie;
  if (host !== undefined && origin === `${options.isTls ? 'https' : 'http'}://${host.toLowerCase()}`)
    return true;
  return foreignOrigin(request, options.origins) !== undefined;
}
