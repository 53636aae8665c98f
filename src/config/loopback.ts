import { isIP, isIPv4 } from 'node:net';

/**
 * Whether only this machine can reach a server on a host: 127.0.0.0/8, ::1 (in any spelling, also as
 * ::ffff:127.x.x.x) and `localhost`. Other names are not looked up and do not count as the loopback.
 */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true;
  const plain = /^\[(.*)\]$/.exec(host)?.[1] ?? host;
  if (isIP(plain) === 0) return false;
  if (isIPv4(plain)) return plain.startsWith('127.');
  const canonical = new URL(`http://[${plain.replace(/%.*/, '')}]`).hostname;
  return canonical === '[::1]' || /^\[::ffff:7f[0-9a-f]{2}:/.test(canonical);
}
