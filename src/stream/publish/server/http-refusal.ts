import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Response } from 'express';

/** Why a request is not served; the same for HTTP and for WebSocket upgrades. */
export interface HttpRefusal {
  readonly status: number;
  /** For programs: `NOT_FOUND`. */
  readonly code: string;
  /** For people; says nothing of what the asker may not know. */
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const notFound: HttpRefusal = { status: 404, code: 'NOT_FOUND', message: 'there is nothing here' };

export const internal: HttpRefusal = {
  status: 500,
  code: 'INTERNAL',
  message: 'something went wrong; the log says what',
};

export function noSuchCamera(id: string): HttpRefusal {
  return { status: 404, code: 'NOT_FOUND', message: `there is no camera "${id.slice(0, 64)}"` };
}

export function badRequest(message: string): HttpRefusal {
  return { status: 400, code: 'BAD_REQUEST', message };
}

export function tooMany(waitS: number): HttpRefusal {
  const message = `too many requests from this address; try again in ${waitS} s`;
  return { status: 429, code: 'TOO_MANY_REQUESTS', message, headers: { 'Retry-After': String(waitS) } };
}

/** Answers a request with `{code, message}`. */
export function refuse(response: Response, refusal: HttpRefusal): void {
  response.set('Cache-Control', 'no-store').set(refusal.headers ?? {});
  response.status(refusal.status).json({ code: refusal.code, message: refusal.message });
}

/** Answers an upgrade that is not made, and closes its socket. */
export function refuseUpgrade(socket: Duplex, refusal: HttpRefusal): void {
  const body = JSON.stringify({ code: refusal.code, message: refusal.message });
  const headers = {
    ...refusal.headers,
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const status = `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}`;
  socket.once('finish', () => socket.destroy());
  socket.end([status, ...lines, '', body].join('\r\n'));
}
