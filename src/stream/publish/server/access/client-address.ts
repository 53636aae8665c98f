import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { Config } from '../../../../config/schema.ts';

/** One list per config: `server.trustProxy` is an array that no one changes. */
const lists = new WeakMap<readonly string[], BlockList>();

/**
 * The address of the client that sent a request. A proxy is believed only if `server.trustProxy` names it: then its
 * `X-Forwarded-For` counts, read from the right, up to the first address that is not a trusted proxy.
 * @see https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Forwarded-For#selecting_an_ip_address
 */
export function clientAddress(request: IncomingMessage, trusted: Config['server']['trustProxy']): string {
  const peer = request.socket.remoteAddress ?? '';
  if (!isTrusted(peer, trusted)) return peer;
  const forwarded = textOf(request.headers['x-forwarded-for']).split(',');
  const hops = forwarded.map((hop) => hop.trim()).filter((hop) => isIP(hop) !== 0);
  return hops.findLast((hop) => !isTrusted(hop, trusted)) ?? hops[0] ?? peer;
}

/** Whether a trusted proxy received the request over TLS (`X-Forwarded-Proto: https`). */
export function isForwardedTls(request: IncomingMessage, trusted: Config['server']['trustProxy']): boolean {
  if (!isTrusted(request.socket.remoteAddress ?? '', trusted)) return false;
  return textOf(request.headers['x-forwarded-proto']).split(',')[0]?.trim() === 'https';
}

/** Whether an address is that of a proxy in `server.trustProxy`. */
export function isTrusted(address: string, trusted: Config['server']['trustProxy']): boolean {
  if (trusted.length === 0) return false;
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  const version = isIP(plain);
  return version !== 0 && listOf(trusted).check(plain, version === 4 ? 'ipv4' : 'ipv6');
}

function listOf(trusted: readonly string[]): BlockList {
  let list = lists.get(trusted);
  if (list !== undefined) return list;
  list = new BlockList();
  for (const entry of trusted) {
    const [address = '', bits] = entry.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    list.addSubnet(address, Number(bits ?? (family === 'ipv4' ? 32 : 128)), family);
  }
  lists.set(trusted, list);
  return list;
}

function textOf(header: string | string[] | undefined): string {
  return Array.isArray(header) ? header.join(',') : (header ?? '');
}
