import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { Observable } from 'rxjs';
import { AppError } from '../../../errors.ts';
import type { AccessUnit } from '../video/access-unit.ts';
import type { Authenticate } from './basic-auth.ts';
import { Mount, type MountInfo } from './mount.ts';
import { mountPath } from './request-uri.ts';
import { RtspConnection, type RtspLimits } from './rtsp-connection.ts';

/** The server's log. It never receives a password. */
export interface RtspLog {
  info(text: string): void;
  warn(text: string): void;
}

export type RtspTls = Pick<TlsOptions, 'cert' | 'key' | 'ca' | 'passphrase' | 'minVersion'>;

export interface RtspServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Absent: anybody may watch. */
  readonly authenticate?: Authenticate;
  readonly log?: RtspLog;
  /** Certificate and key. Clients then use rtsps. */
  readonly tls?: RtspTls;
  /** Maximum number of connections; default 64. */
  readonly maxClients?: number;
  /** Maximum number of connections from one address; default 16. */
  readonly maxClientsPerAddress?: number;
  readonly limits?: Partial<RtspLimits>;
  /** A limit refused a connection. */
  readonly onRefused?: (address: string, reason: string) => void;
  /** Pictures were dropped for a slow reader. */
  readonly onDrop?: (path: string, count: number) => void;
}

const defaultLimits: RtspLimits = {
  tlsMs: 10_000,
  handshakeMs: 15_000,
  sessionMs: 60_000,
  describeMs: 10_000,
  stallMs: 15_000,
  lingerMs: 5000,
  backlogBytes: 2 * 2 ** 20,
};

/**
 * A small RTSP 1.0 server. It sends H.264 to any number of readers, over their RTSP connection (interleaved TCP) only.
 * `docs/rtsp.md` describes what it supports.
 * @see RFC 2326
 */
export class RtspServer implements AsyncDisposable {
  private readonly server: Server;
  private readonly setTls: ((files: RtspTls) => void) | undefined;
  private readonly options: RtspServerOptions;
  private readonly mounts = new Map<string, Mount>();
  private readonly sockets = new Map<Socket, string>();
  private readonly open = new Set<RtspConnection>();
  private accepted = 0;

  /** @throws {AppError} OUTPUT_UNWRITABLE if it cannot listen on the address */
  static async listen(options: RtspServerOptions): Promise<RtspServer> {
    const rtsp = new RtspServer(options);
    const { host, port } = options;
    await new Promise<void>((resolve, reject) => {
      rtsp.server.once('error', (cause) => {
        const cure = 'choose another `rtsp.host` or `rtsp.port`, or stop the program that uses it';
        const message = `RTSP server: cannot listen on ${host}:${port} (${cause.message})`;
        reject(new AppError('OUTPUT_UNWRITABLE', message, { cure, cause }));
      });
      rtsp.server.listen({ host, port }, resolve);
    });
    rtsp.server.on('error', (error) => options.log?.warn(`RTSP server: ${error.message}`));
    return rtsp;
  }

  private constructor(options: RtspServerOptions) {
    this.options = options;
    const { tls } = options;
    if (tls === undefined) {
      this.server = createServer((socket) => this.serve(socket));
    } else {
      const bounds = { handshakeTimeout: this.limits.tlsMs };
      const server = createTlsServer({ ...tls, ...bounds }, (socket) => this.serve(socket));
      this.setTls = (files) => server.setSecureContext(files);
      this.server = server;
    }
    // Limits apply to the raw sockets, before a TLS handshake costs anything.
    this.server.prependListener('connection', (socket: Socket) => this.admit(socket));
    this.server.on('tlsClientError', (error: Error, socket: Socket) => {
      options.log?.info(`RTSP server: ${error.message}`);
      socket.destroy(); // Node reports a handshake that times out, but keeps its connection
    });
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : this.options.port;
  }

  /** How many clients are connected, and how many have ever been. */
  get connections(): { readonly now: number; readonly total: number } {
    return { now: this.sockets.size, total: this.accepted };
  }

  /** Current number of readers of a path. */
  readers(path: string): number {
    return this.mounts.get(mountPath(path))?.readers ?? 0;
  }

  /**
   * Serves a source under a path (`/gate`) until disposal. Replaces an earlier mount of the same path.
   * @param source - each reader subscribes to it and starts at the first keyframe that it gets, so the source may give
   * new subscribers a keyframe. Completion ends the readers; errors do not.
   */
  mount(path: string, source: Observable<AccessUnit>, info: MountInfo = {}): Disposable {
    const mount = new Mount(mountPath(path), source, info);
    this.mounts.get(mount.path)?.[Symbol.dispose]();
    this.mounts.set(mount.path, mount);
    return {
      [Symbol.dispose]: (): void => {
        if (this.mounts.get(mount.path) === mount) this.mounts.delete(mount.path);
        mount[Symbol.dispose]();
      },
    };
  }

  /** With TLS, new connections use these files; open ones keep theirs. */
  useTls(files: RtspTls): void {
    this.setTls?.(files);
  }

  /** Checks every session again after rights have changed, and disconnects those that may no longer watch. */
  async recheck(): Promise<void> {
    await Promise.all([...this.open].map((connection) => connection.recheck()));
  }

  /** Closes all connections. Resolves when the port is free. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const connection of this.open) connection[Symbol.dispose]();
    for (const socket of this.sockets.keys()) socket.destroy();
    for (const mount of this.mounts.values()) mount[Symbol.dispose]();
    this.mounts.clear();
    await closed;
  }

  private get limits(): RtspLimits {
    return { ...defaultLimits, ...this.options.limits };
  }

  /** Counts a connection, or cuts it if there are too many. */
  private admit(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const { maxClients = 64, maxClientsPerAddress = 16, onRefused } = this.options;
    const fromThere = [...this.sockets.values()].filter((other) => other === address).length;
    if (this.sockets.size >= maxClients || fromThere >= maxClientsPerAddress) {
      onRefused?.(address, `${this.sockets.size} connections are open, ${fromThere} from this address`);
      socket.destroy();
      return;
    }
    this.accepted++;
    this.sockets.set(socket, address);
    socket.on('error', () => undefined); // RtspConnection reports errors, once it exists
    socket.once('close', () => this.sockets.delete(socket));
  }

  private serve(socket: Socket): void {
    if (socket.destroyed) return;
    const { authenticate, log, onDrop } = this.options;
    const who = `RTSP client ${socket.remoteAddress ?? ''}:${socket.remotePort ?? 0}`;
    const connection = new RtspConnection({
      socket,
      limits: this.limits,
      authenticate,
      findMount: (path) => this.mounts.get(path),
      onDrop: (path, count) => onDrop?.(path, count),
      onFault: (error) => log?.warn(`${who}: ${error instanceof Error ? error.message : String(error)}`),
      onClose: (reason) => {
        this.open.delete(connection);
        log?.info(`${who}: closed: ${reason}`);
      },
    });
    this.open.add(connection);
  }
}
