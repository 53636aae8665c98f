import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** The header of a signed request: `NAME MS NONCE SIGNATURE`. */
export const signatureHeader = 'x-chromafeed-machine';

/** How far apart the clocks of two machines may be, ms. A signature is valid for this long. */
const windowMs = 60_000;
/** More signed requests in two minutes are refused: each one must be remembered, so that nobody can send it again. */
const mostNonces = 200_000;

/** What is signed. */
export interface SignedRequest {
  readonly method: string;
  /** The path with its query. */
  readonly path: string;
  readonly body?: string;
}

/**
 * Lets machines that know the same secret recognise each other. The secret itself never leaves a machine: each request
 * carries a signature (HMAC-SHA-256) of its method, path, body, time and a number that is used once.
 */
export class PeerSignatures {
  private readonly secret: string;
  private readonly name: string;
  private readonly nowMs: () => number;
  /** When each number may be forgotten, oldest first. */
  private readonly nonces = new Map<string, number>();

  /** @param options.name - of this machine */
  constructor(options: { readonly secret: string; readonly name: string; readonly nowMs?: () => number }) {
    this.secret = options.secret;
    this.name = options.name;
    this.nowMs = options.nowMs ?? Date.now;
  }

  /** The headers that prove who sends a request. */
  sign(request: SignedRequest): Readonly<Record<string, string>> {
    const stamp = `${this.name} ${this.nowMs()} ${randomBytes(16).toString('base64url')}`;
    return { [signatureHeader]: `${stamp} ${this.signature(stamp, request)}` };
  }

  /** @returns the name of the machine that sent the request; undefined: it is not from a machine that knows the secret */
  check(request: SignedRequest, headers: IncomingHttpHeaders): string | undefined {
    const header = headers[signatureHeader];
    const parts = typeof header === 'string' ? header.split(' ') : [];
    const [name = '', time = '', nonce = '', signature = ''] = parts;
    if (parts.length !== 4 || nonce.length > 64 || !/^\d{1,15}$/.test(time)) return undefined;
    const expected = Buffer.from(this.signature(`${name} ${time} ${nonce}`, request));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    return this.isFirst(nonce, Number(time)) ? name : undefined;
  }

  private isFirst(nonce: string, timeMs: number): boolean {
    const now = this.nowMs();
    for (const [old, endsMs] of this.nonces) {
      if (endsMs > now) break;
      this.nonces.delete(old);
    }
    if (Math.abs(now - timeMs) > windowMs || this.nonces.has(nonce) || this.nonces.size >= mostNonces)
      return false;
    this.nonces.set(nonce, now + 2 * windowMs);
    return true;
  }

  private signature(stamp: string, { method, path, body = '' }: SignedRequest): string {
    const digest = createHash('sha256').update(body).digest('hex');
    const text = `${stamp}\n${method} ${path}\n${digest}`;
    return createHmac('sha256', this.secret).update(text).digest('base64url');
  }
}
