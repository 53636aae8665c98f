import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { concat, defer, filter, from, map, Subject, type Observable } from 'rxjs';
import type { SizePx } from '../../src/frame.ts';
import type { AccessUnit } from '../../src/stream/publish/video/access-unit.ts';
import { RtspServer, type RtspServerOptions } from '../../src/stream/publish/rtsp/rtsp-server.ts';
import { CameraFilm, type FilmOptions } from './camera-film.ts';
import { seededRandom } from './seeded.ts';

export interface TestCameraOptions extends FilmOptions {
  /** Default 320x240. */
  readonly size?: SizePx;
  /** Absent: the camera needs no password. */
  readonly user?: string;
  readonly password?: string;
  /** Default `/cam`. */
  readonly path?: string;
  /** Default: any free port. */
  readonly port?: number;
  /** If set, the camera uses rtsps. */
  readonly tls?: NonNullable<RtspServerOptions['tls']>;
  /** Delays the answer to DESCRIBE with the right password by this time. */
  readonly describeDelayMs?: number;
}

/** Starts a camera on the loopback that speaks RTSP. Resolves at its first keyframe. */
export async function startTestCamera(options: TestCameraOptions = {}): Promise<TestCamera> {
  const camera = new TestCamera(options);
  try {
    await camera.resize(options.size ?? { widthPx: 320, heightPx: 240 });
    await camera.restart();
    return camera;
  } catch (error) {
    await camera[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * A camera that runs from its start to its disposal, whether somebody watches or not: our RTSP server, fed by a real
 * ffmpeg. Its faults are switched on and off while it runs.
 */
export class TestCamera implements AsyncDisposable {
  /** Changes the password. Sessions that play continue. */
  password: string;
  describeDelayMs: number;
  readonly path: string;
  private readonly options: TestCameraOptions;
  private readonly units = new Subject<AccessUnit>();
  private readonly random = seededRandom(1);
  /** The units since the last keyframe, so a new reader does not wait for the next keyframe. */
  private gop: AccessUnit[] = [];
  private film: CameraFilm | undefined;
  private server: RtspServer | undefined;
  private silent: SilentServer | undefined;
  private chosenPort: number;
  private totalBefore = 0;
  private isStalled = false;
  private corruptShare = 0;

  constructor(options: TestCameraOptions) {
    this.options = options;
    this.password = options.password ?? '';
    this.describeDelayMs = options.describeDelayMs ?? 0;
    this.path = options.path ?? '/cam';
    this.chosenPort = options.port ?? 0;
  }

  /** Stays the same over {@link kill} and {@link restart}. */
  get port(): number {
    return this.chosenPort;
  }

  /** The address, with the user and password of the start, if there are any. */
  get url(): string {
    const { user, password = '', tls } = this.options;
    const login = user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
    return `${tls ? 'rtsps' : 'rtsp'}://${login}127.0.0.1:${this.port}${this.path}`;
  }

  /** The current and total number of TCP connections, also to a silent camera, and the number of readers that play. */
  get connections(): { readonly now: number; readonly total: number; readonly playing: number } {
    const { now, total } = (this.server ?? this.silent)?.connections ?? { now: 0, total: 0 };
    return { now, total: this.totalBefore + total, playing: this.server?.readers(this.path) ?? 0 };
  }

  /** All encoded units, whatever the faults. Their times are of this machine's clock. */
  get accessUnits$(): Observable<AccessUnit> {
    return this.units.asObservable();
  }

  /** Closes the port and all connections, as when the power fails. */
  async kill(): Promise<void> {
    const { server, silent } = this;
    this.totalBefore = this.connections.total;
    this.server = undefined;
    this.silent = undefined;
    await server?.[Symbol.asyncDispose]();
    await silent?.[Symbol.asyncDispose]();
  }

  /** Serves again on the same port, after {@link kill} or {@link goSilent}. */
  async restart(): Promise<void> {
    await this.kill();
    this.server = await RtspServer.listen({
      host: '127.0.0.1',
      port: this.chosenPort,
      authenticate: ({ user, password }) => this.authenticate(user, password),
      maxClientsPerAddress: 64,
      limits: { describeMs: 3000 },
      ...(this.options.tls && { tls: this.options.tls }),
    });
    this.chosenPort = this.server.port;
    this.server.mount(this.path, this.sent$(), { name: 'test camera' });
  }

  /** Closes all connections, and accepts new ones on the same port without ever answering. */
  async goSilent(): Promise<void> {
    await this.kill();
    this.silent = await SilentServer.listen(this.chosenPort);
  }

  /** Keeps connections open and answers requests, but sends no picture until {@link go}. */
  stall(): void {
    this.isStalled = true;
  }

  go(): void {
    this.isStalled = false;
  }

  /** Flips random bytes of the RTP payloads from now on. @param share - of all bytes, 0..1; 0 ends it */
  corrupt(share: number): void {
    this.corruptShare = share;
  }

  /** Continues with pictures of another size over the same connections. Resolves at the first of them. */
  async resize(size: SizePx): Promise<void> {
    await this.film?.[Symbol.asyncDispose]();
    this.film = undefined;
    this.film = await CameraFilm.start(this.options, size, (unit) => {
      if (unit.isKeyframe) this.gop = [];
      this.gop.push(unit);
      this.units.next(unit);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.film?.[Symbol.asyncDispose]();
    this.units.complete();
  }

  private async authenticate(user: string, password: string): Promise<boolean> {
    const { user: expected } = this.options;
    if (expected !== undefined && (user !== expected || password !== this.password)) return false;
    if (this.describeDelayMs > 0) await delay(this.describeDelayMs, undefined, { ref: false });
    return true;
  }

  private sent$(): Observable<AccessUnit> {
    return defer(() => concat(from([...this.gop]), this.units)).pipe(
      filter(() => !this.isStalled),
      map((unit) => (this.corruptShare > 0 ? this.flipBytes(unit) : unit)),
    );
  }

  private flipBytes(unit: AccessUnit): AccessUnit {
    const flip = (byte: number): number =>
      this.random() < this.corruptShare ? byte ^ (1 + Math.floor(this.random() * 255)) : byte;
    return { ...unit, nals: unit.nals.map((nal) => nal.map(flip)) };
  }
}

/** Accepts connections and never sends anything. */
class SilentServer implements AsyncDisposable {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;
  private total = 0;

  static async listen(port: number): Promise<SilentServer> {
    const silent = new SilentServer();
    silent.server.listen(port, '127.0.0.1');
    await once(silent.server, 'listening');
    return silent;
  }

  private constructor() {
    this.server = createServer((socket) => {
      this.total++;
      this.sockets.add(socket.resume());
      socket.on('error', () => undefined); // the reader gave up
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  get connections(): { readonly now: number; readonly total: number } {
    return { now: this.sockets.size, total: this.total };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
