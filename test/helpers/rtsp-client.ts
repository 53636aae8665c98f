import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { readInterleaved, type InterleavedPacket } from './interleaved.ts';

export interface ClientReply {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** An RTSP client that sends exactly what a test says and reads everything that arrives. */
export class RtspClient implements Disposable {
  readonly packets: InterleavedPacket[] = [];
  /** Resolves when the server has closed the connection. */
  readonly closed: Promise<void>;
  readonly socket: Socket;
  private readonly url: string;
  private bytes = Buffer.alloc(0);
  private readonly replies: ClientReply[] = [];
  private wake = (): void => undefined;
  private sequence = 0;
  private isClosed = false;

  /** @param path - for requests that name no other path, such as `/cam` */
  static async connect(port: number, path: string): Promise<RtspClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RtspClient(socket, `rtsp://127.0.0.1:${port}${path}`);
  }

  private constructor(socket: Socket, url: string) {
    this.socket = socket;
    this.url = url;
    socket.on('error', () => undefined); // a reset closes the connection too
    this.closed = new Promise((resolve) =>
      socket.once('close', () => {
        this.isClosed = true;
        this.wake();
        resolve();
      }),
    );
    socket.on('data', (chunk) => this.take(chunk));
  }

  /** Sends a request and awaits its reply. @param uri - default: the URI of the path */
  async request(
    method: string,
    headers: Readonly<Record<string, string>> = {},
    { uri = this.url, body = '' }: { uri?: string; body?: string } = {},
  ): Promise<ClientReply> {
    const all = { CSeq: String(++this.sequence), ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    return this.send(`${method} ${uri} RTSP/1.0\r\n${lines.join('')}\r\n${body}`);
  }

  /** Sends any text and awaits a reply. */
  async send(text: string): Promise<ClientReply> {
    this.socket.write(text);
    for (;;) {
      const reply = this.replies.shift();
      if (reply) return reply;
      if (this.isClosed) throw new Error('the server closed the connection without a reply');
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  /** Sends DESCRIBE, SETUP and PLAY. @returns the session's id */
  async play(headers: Readonly<Record<string, string>> = {}): Promise<string> {
    await this.request('DESCRIBE', headers);
    const transport = 'RTP/AVP/TCP;unicast;interleaved=0-1';
    const setUp = await this.request(
      'SETUP',
      { ...headers, Transport: transport },
      { uri: `${this.url}/trackID=0` },
    );
    const session = setUp.headers.get('session')?.split(';')[0] ?? '';
    const { status } = await this.request('PLAY', { ...headers, Session: session });
    if (status !== 200) throw new Error(`PLAY was answered ${status}`);
    return session;
  }

  /** Stops reading, like a client that hangs. */
  stopReading(): void {
    this.socket.pause();
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    this.bytes = Buffer.concat([this.bytes, chunk]);
    while (this.takeOne());
    this.wake();
  }

  private takeOne(): boolean {
    const { bytes } = this;
    if (bytes[0] === 0x24) {
      if (bytes.length < 4 || bytes.length < 4 + bytes.readUInt16BE(2)) return false;
      const end = 4 + bytes.readUInt16BE(2);
      this.packets.push(...readInterleaved(bytes.subarray(0, end)));
      this.bytes = bytes.subarray(end);
      return true;
    }
    const headEnd = bytes.indexOf('\r\n\r\n');
    if (headEnd < 0) return false;
    const [first = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
    const headers = new Map(
      lines.map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    );
    const end = headEnd + 4 + Number(headers.get('content-length') ?? 0);
    if (bytes.length < end) return false;
    this.replies.push({
      status: Number(first.split(' ')[1]),
      headers,
      body: bytes.toString('utf8', headEnd + 4, end),
    });
    this.bytes = bytes.subarray(end);
    return true;
  }
}
