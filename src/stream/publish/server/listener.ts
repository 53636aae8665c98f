import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { isIP, type AddressInfo, type DropArgument, type Socket } from 'node:net';
import { ipKeyGenerator } from 'express-rate-limit';
import { AppError } from '../../../errors.ts';
import type { TlsFiles } from './tls-files.ts';

/** A client that takes longer to send its request is disconnected, so that idle connections cannot fill the server. */
const bounds = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 2000,
  maxHeaderSize: 16_384,
};
/** Connections on top of those for viewers: the page's files, API calls, health checks. */
const spareConnections = 256;

export interface ListenerOptions {
  readonly onRequest: RequestListener;
  readonly tls: TlsFiles | undefined;
  /** Connections that one address may have; all addresses of one IPv6 /56 network count as one. */
  readonly maxPerAddress: number;
  /** Whether an address is a trusted proxy or another machine, which may have any number of connections. */
  readonly isProxy: (address: string) => boolean;
  /** Connections on top of those for viewers that other machines may have. Default: none. */
  readonly spare?: number;
  /** A limit refused a connection. */
  readonly onRefused: (address: string, reason: string) => void;
}

/** An HTTP or HTTPS server and all of its connections. */
export class Listener implements AsyncDisposable {
  readonly server: Server;
  private readonly options: ListenerOptions;
  private readonly sockets = new Set<Socket>();
  private readonly perAddress = new Map<string, number>();
  private readonly setTls: ((files: TlsFiles) => void) | undefined;
  private closing: Promise<unknown> | undefined;

  constructor(options: ListenerOptions) {
    this.options = options;
    const { onRequest, tls } = options;
    if (tls === undefined) {
      this.server = createServer(bounds, onRequest);
    } else {
      const server = createTlsServer({ ...bounds, ...tls, handshakeTimeout: 10_000 }, onRequest);
      this.setTls = (files) => server.setSecureContext(files);
      this.server = server;
    }
    // The raw sockets, before a TLS handshake costs anything.
    this.server.prependListener('connection', (socket: Socket) => this.admit(socket));
    this.server.on('drop', (data?: DropArgument) =>
      options.onRefused(data?.remoteAddress ?? '', 'too many connections'),
    );
  }

  /** @throws {AppError} USAGE if it cannot listen on the address */
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

  /** The address for people on this machine: `http://127.0.0.1:8600/` */
  get url(): string {
    const { address } = this.server.address() as AddressInfo;
    const name = address === '0.0.0.0' || address === '::' ? 'localhost' : address;
    const host = isIP(name) === 6 ? `[${name}]` : name;
    return `${this.setTls === undefined ? 'http' : 'https'}://${host}:${this.port}/`;
  }

  /** New connections use these files; open ones keep theirs. */
  useTls(files: TlsFiles): void {
    this.setTls?.(files);
  }

  limitConnections(viewers: number): void {
    this.server.maxConnections = 2 * viewers + spareConnections + (this.options.spare ?? 0);
  }

  private admit(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const key = isIP(address) === 0 ? address : ipKeyGenerator(address);
    const count = this.perAddress.get(key) ?? 0;
    const { maxPerAddress, isProxy, onRefused } = this.options;
    if (count >= maxPerAddress && !isProxy(address)) {
      onRefused(address, `${count} connections from this address are open`);
      socket.destroy();
      return;
    }
    this.sockets.add(socket);
    this.perAddress.set(key, count + 1);
    socket.once('close', () => {
      this.sockets.delete(socket);
      const left = (this.perAddress.get(key) ?? 1) - 1;
      if (left > 0) this.perAddress.set(key, left);
      else this.perAddress.delete(key);
    });
  }

  /** Accepts no more connections; resolves when the last one has ended. May be called again. */
  close(): Promise<unknown> {
    if (this.server.listening) {
      this.closing = once(this.server, 'close');
      this.server.close();
      this.server.closeIdleConnections();
    }
    return this.closing ?? Promise.resolve();
  }

  /** Cuts the connections that are still open. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
