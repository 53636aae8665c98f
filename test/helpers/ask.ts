import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { buffer } from 'node:stream/consumers';

/** An HTTP response with its whole body. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** The body as JSON. */
  readonly json: () => unknown;
}

/** The parts of a request. A test may make any of them wrong on purpose. */
export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: string | object;
  /** The certificate to trust, PEM. */
  readonly ca?: Buffer;
}

/** Sends one request over a new connection. */
export async function ask(
  url: string | URL,
  { method = 'GET', headers = {}, body, ca }: Ask = {},
): Promise<Answer> {
  const isJson = typeof body === 'object';
  const payload = isJson ? JSON.stringify(body) : body;
  const send = new URL(url).protocol === 'https:' ? httpsRequest : httpRequest;
  const request = send(url, {
    method,
    agent: false,
    headers: { ...(isJson ? { 'Content-Type': 'application/json' } : {}), ...headers },
    ...(ca === undefined ? {} : { ca }),
  });
  return await new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      buffer(response).then((bytes) => {
        const text = bytes.toString('utf8');
        const json = (): unknown => JSON.parse(text);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes, text, json });
      }, reject);
    });
    request.end(payload);
  });
}

/** The header of HTTP's Basic authentication. */
export function basic(user: string, token: string): string {
  return `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`;
}
