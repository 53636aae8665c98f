import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Why a request or a WebSocket upgrade is refused. */
export interface HttpRefusal {
  readonly status: number;
  /** For programs: `NOT_FOUND`. */
  readonly code: string;
  /** For people. It reveals nothing that the client may not know. */
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const notFound: HttpRefusal = { status: 404, code: 'NOT_FOUND', message: 'there is no such page' };

export const internal: HttpRefusal = {
  status: 500,
  code: 'INTERNAL',
  message: 'the server failed; its log has the details',
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

/** What a refusal needs of Express's response. The types of Express are not installed with the package. */
interface AnyResponse {
  set(headers: Readonly<Record<string, string>>): this;
  status(code: number): this;
  json(body: unknown): unknown;
}

/** Answers a request with `{code, message}`. */
export function refuse(response: AnyResponse, refusal: HttpRefusal): void {
  response.set({ 'Cache-Control': 'no-store', ...refusal.headers });
  response.status(refusal.status).json({ code: refusal.code, message: refusal.message });
}

/** Answers a refused upgrade and closes its socket. */
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
