import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { isIP, type AddressInfo, type Socket } from 'node:net';
import { AppError } from '../../../errors.ts';
import type { TlsFiles } from './tls-files.ts';

/** A client that is slower than this with its request is cut, so that idle connections cannot fill the server. */
const bounds = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 2000,
  maxHeaderSize: 16_384,
};
/** Connections beyond those of the viewers: the page's files, API calls, probes. */
const spareConnections = 256;

/** A server that listens, and all of its connections. */
export class Listener implements AsyncDisposable {
  readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly setTls: ((files: TlsFiles) => void) | undefined;
  private closing: Promise<unknown> | undefined;

  constructor(onRequest: RequestListener, tls: TlsFiles | undefined) {
    if (tls === undefined) {
      this.server = createServer(bounds, onRequest);
    } else {
      const server = createTlsServer({ ...bounds, ...tls, handshakeTimeout: 10_000 }, onRequest);
      this.setTls = (files) => server.setSecureContext(files);
      this.server = server;
    }
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  /** @throws {AppError} USAGE when the address cannot be listened on */
  async listen(host: string, port: number): Promise<void> {
    try {
      this.server.listen({ host, port });
      await once(this.server, 'listening');
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const cure = 'stop the other program, or choose another server.host or server.port';
      throw new AppError('USAGE', `server: cannot listen on ${host} port ${port}: ${why}`, { cure, cause });
    }
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** For people on this machine: `http://127.0.0.1:8600/` */
  get url(): string {
    const { address } = this.server.address() as AddressInfo;
    const name = address === '0.0.0.0' || address === '::' ? 'localhost' : address;
    const host = isIP(name) === 6 ? `[${name}]` : name;
    return `${this.setTls === undefined ? 'http' : 'https'}://${host}:${this.port}/`;
  }

  /** New connections get these; running ones stay as they are. */
  useTls(files: TlsFiles): void {
    this.setTls?.(files);
  }

  limitConnections(viewers: number): void {
    this.server.maxConnections = 2 * viewers + spareConnections;
  }

  /** Takes no new connections; resolves when the last one has ended. Repeatable. */
  close(): Promise<unknown> {
    if (this.server.listening) {
      this.closing = once(this.server, 'close');
      this.server.close();
      this.server.closeIdleConnections();
    }
    return this.closing ?? Promise.resolve();
  }

  /** Cuts what is still open. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
