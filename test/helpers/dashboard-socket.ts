import { WebSocket, type ClientOptions } from 'ws';
import { decodeMessage, type ClientMessage, type ServerMessage } from '../../src/stream/publish/protocol.ts';
import { until } from './until.ts';

type Decoded = NonNullable<ReturnType<typeof decodeMessage>>;

/** A dashboard without its page: a WebSocket that keeps all messages it receives. */
export class DashboardSocket implements Disposable {
  readonly socket: WebSocket;
  readonly texts: ServerMessage[] = [];
  readonly pictures: Decoded[] = [];
  /** Binary messages, unchanged, for other protocols. */
  readonly bytes: Buffer[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  /** The status of a refused upgrade. */
  refused: number | undefined;

  /** @param url - `http://127.0.0.1:PORT/` of the server */
  constructor(
    url: string,
    options: ClientOptions & { readonly path?: string; readonly protocols?: string[] } = {},
  ) {
    const { path = '/ws', protocols = [], ...rest } = options;
    this.socket = new WebSocket(new URL(path, url.replace(/^http/, 'ws')), protocols, rest);
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) {
        this.texts.push(JSON.parse(data.toString('utf8')) as ServerMessage);
        return;
      }
      this.bytes.push(data);
      const copy = new Uint8Array(data).buffer;
      const decoded = decodeMessage(copy);
      if (decoded !== undefined) this.pictures.push(decoded);
    });
    this.socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
    this.socket.on('error', () => undefined);
    this.socket.on('unexpected-response', (request, response) => {
      this.refused = response.statusCode;
      response.resume();
      request.destroy();
    });
  }

  say(message: ClientMessage | string | Buffer | object): void {
    this.socket.send(
      typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message),
    );
  }

  watch(camera: string, heightPx = 180, mode: 'jpeg' | 'fmp4' = 'jpeg'): void {
    this.say({ type: 'watch', streams: [{ camera, mode, heightPx }] });
  }

  /** All messages of a type. */
  told<T extends ServerMessage['type']>(type: T): Extract<ServerMessage, { type: T }>[] {
    return this.texts.filter((text): text is Extract<ServerMessage, { type: T }> => text.type === type);
  }

  /** The newest list of cameras. */
  get cameras(): readonly string[] | undefined {
    return this.told('cameras')
      .at(-1)
      ?.cameras.map(({ id }) => id);
  }

  async isGreeted(): Promise<void> {
    await until(() => this.told('cameras').length > 0, 'a list of cameras');
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }
}
