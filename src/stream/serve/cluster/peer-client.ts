import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { Observable } from 'rxjs';
import { WebSocket } from 'ws';
import { AppError } from '../../../errors.ts';
import type { PeerSignatures } from './peer-signature.ts';

/** Another machine. */
export interface PeerMachine {
  readonly name: string;
  /** `wss://host:port` */
  readonly address: string;
}

/** What comes over a WebSocket from another machine. */
export type PeerMessage =
  /** The connection is open, and messages can be sent. */
  | { readonly kind: 'open'; readonly send: (message: object) => void }
  | { readonly kind: 'text'; readonly message: unknown }
  | { readonly kind: 'binary'; readonly bytes: ArrayBuffer };

/** A connection that takes longer to open is given up, ms. */
const openMs = 3000;
/** States come every second. After this long without a message, the other machine counts as lost, ms. */
const silentMs = 5000;
/** A call that takes longer fails, ms. A changed camera may end an ffmpeg first. */
const callMs = 10_000;
/** The largest message: more than a JPEG of the largest size takes. */
const maxMessageBytes = 64 * 2 ** 20;

/** Connections to other machines. Each request carries this machine's signature. */
export class PeerClient {
  private readonly signatures: PeerSignatures;
  private readonly ca: string | undefined;

  /** @param ca - certificate authority of `wss:` addresses, PEM; undefined: the system's */
  constructor(signatures: PeerSignatures, ca: string | undefined) {
    this.signatures = signatures;
    this.ca = ca;
  }

  /** Opens a WebSocket while somebody is subscribed. Errors when the connection fails, ends or falls silent. */
  socket$(peer: PeerMachine, path: string): Observable<PeerMessage> {
    return new Observable((subscriber) => {
      const fail = (why: string): void => subscriber.error(unreachable(peer, why));
      const socket = new WebSocket(`${peer.address}${path}`, {
        headers: this.signatures.sign({ method: 'GET', path }),
        handshakeTimeout: openMs,
        maxPayload: maxMessageBytes,
        perMessageDeflate: false,
        ...(this.ca !== undefined && { ca: this.ca }),
      });
      socket.binaryType = 'arraybuffer';
      const silence = setTimeout(() => fail(`no message for ${silentMs / 1000} s`), silentMs);
      socket.on('open', () =>
        subscriber.next({ kind: 'open', send: (message) => socket.send(JSON.stringify(message)) }),
      );
      socket.on('message', (data: ArrayBuffer, isBinary: boolean) => {
        silence.refresh();
        if (isBinary) subscriber.next({ kind: 'binary', bytes: data });
        else subscriber.next({ kind: 'text', message: parsed(data) });
      });
      socket.on('error', (error) => fail(error.message));
      socket.on('close', (code) => fail(`it closed the connection (${code})`));
      return (): void => {
        clearTimeout(silence);
        socket.removeAllListeners('message').terminate();
      };
    });
  }

  /**
   * Asks another machine.
   * @param body - absent: GET
   * @throws {AppError} MACHINE_UNAVAILABLE; USAGE if the other machine refuses what it was asked
   */
  async ask(peer: PeerMachine, path: string, body?: object): Promise<unknown> {
    const payload = body === undefined ? '' : JSON.stringify(body);
    const method = body === undefined ? 'GET' : 'POST';
    const url = new URL(`${peer.address}${path}`.replace(/^ws/, 'http'));
    try {
      const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
        method,
        agent: false,
        signal: AbortSignal.timeout(callMs),
        headers: {
          ...this.signatures.sign({ method, path, body: payload }),
          'Content-Type': 'application/json',
        },
        ...(this.ca !== undefined && { ca: this.ca }),
      });
      const answered = once(request, 'response');
      request.end(payload);
      const [response] = (await answered) as [IncomingMessage];
      const answer = (await text(response)) || 'null';
      if (response.statusCode === 200) return JSON.parse(answer) as unknown;
      throw refused(peer, response.statusCode ?? 0, answer);
    } catch (error) {
      throw error instanceof AppError ? error : unreachable(peer, (error as Error).message, error);
    }
  }
}

/** A fault of the request stays one; any other answer is a fault of the machine. */
function refused(peer: PeerMachine, status: number, answer: string): AppError {
  const { code, message = '' } = parsed(answer) as { code?: string; message?: string };
  if (status === 400 && code === 'USAGE') return new AppError('USAGE', message);
  return unreachable(peer, `it answers ${status} ${message}`.trim());
}

function unreachable({ name }: PeerMachine, why: string, cause?: unknown): AppError {
  return new AppError('MACHINE_UNAVAILABLE', `the machine "${name}" can't be reached: ${why}`, {
    cure: 'check its cluster.address, the firewall, and that both have the same cluster.secret',
    cause,
  });
}

function parsed(data: ArrayBuffer | string): unknown {
  try {
    return JSON.parse(typeof data === 'string' ? data : Buffer.from(data).toString('utf8')) ?? {};
  } catch {
    return {};
  }
}
