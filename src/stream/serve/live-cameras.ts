import { retry, Subject, timer, type Observable, type Subscription } from 'rxjs';
import type { CameraScope, ConfigChanges } from '../../config/config-changes.ts';
import { parseCamera } from '../../config/parse-camera.ts';
import type { CameraConfig, Config } from '../../config/schema.ts';
import { AppError } from '../../errors.ts';
import { CameraConnection } from './camera-connection.ts';
import type { CameraModel, LiveModels } from './live-models.ts';
import type { Logger } from '../../log/log.ts';
import type { Redactor } from '../../log/redact.ts';
import { LiveCamera } from '../live/live-camera.ts';
import type { LiveResources } from '../live/live-resources.ts';
import type { CameraDirectory, CameraFeed, CameraOverrides } from '../live/camera-feed.ts';

export interface LiveCamerasOptions {
  readonly resources: LiveResources;
  readonly models: Pick<LiveModels, 'network'>;
  readonly log: Logger;
  /** Collects the credentials in the cameras' sources. */
  readonly redactor: Redactor;
  /** Folder of the config file. */
  readonly dir: string;
  readonly config: Config;
  /** Whether a camera runs on this machine; ask again with `review`. Default: all do. */
  readonly runsHere?: (id: string, config: CameraConfig) => boolean;
}

/** A camera that is configured. */
interface Entry {
  readonly id: string;
  config: CameraConfig;
  isPaused: boolean;
  /** Undefined while it runs on another machine. */
  running: Running | undefined;
  /** The value that an administrator has set; it replaces the config's. */
  overrides: Partial<CameraOverrides>;
}

interface Running {
  readonly camera: LiveCamera;
  readonly work: Subscription;
  connection: CameraConnection | undefined;
}

/** After an error in one camera's pipeline, that camera starts again after this time, ms. */
const restartMs = 1000;

/** All cameras, each with its own connection and pipeline. They are added, changed and removed one at a time. */
export class LiveCameras implements CameraDirectory, AsyncDisposable {
  readonly changes$: Observable<void>;
  private readonly options: LiveCamerasOptions;
  private readonly entries = new Map<string, Entry>();
  private readonly changed$ = new Subject<void>();
  private config: Config;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(options: LiveCamerasOptions) {
    this.options = options;
    this.config = options.config;
    this.changes$ = this.changed$.asObservable();
  }

  /** Those that run on this machine. */
  get feeds(): readonly CameraFeed[] {
    return [...this.entries.values()].flatMap(({ running }) => (running ? [running.camera] : []));
  }

  /** Undefined if the camera runs on another machine. */
  feed(id: string): CameraFeed | undefined {
    return this.entries.get(id)?.running?.camera;
  }

  /** All cameras by id, wherever they run, with what administrators have set. */
  get configs(): ReadonlyMap<string, CameraConfig> {
    return new Map([...this.entries].map(([id, { config }]) => [id, config]));
  }

  /** The config of a camera, wherever it runs. */
  configOf(id: string): CameraConfig | undefined {
    return this.entries.get(id)?.config;
  }

  /** Starts or ends a camera here after the answer of `runsHere` has changed. */
  async review(id: string): Promise<void> {
    await this.inTurn(() => this.guarded(id, () => this.startOrEnd(id)));
    this.changed$.next();
  }

  /** Adds every camera of the config. @throws {AppError} when a model cannot be used */
  async start(): Promise<void> {
    await this.inTurn(async () => {
      for (const [id, config] of Object.entries(this.config.cameras)) await this.open(id, config);
    });
    this.changed$.next();
  }

  /**
   * Applies a changed config. Only the changed parts start again, and viewers stay connected. Cameras that
   * administrators have added stay too. The changes apply to the current cameras, which may differ from those of the
   * previous config, because administrators may have added or removed some. A camera that could not start is tried
   * again at its next change.
   */
  async follow(config: Config, changes: ConfigChanges): Promise<void> {
    const added = changes.added.map((id) => ({ id, scope: 'connection' as const }));
    await this.inTurn(async () => {
      this.config = config;
      for (const id of changes.removed) {
        if (this.entries.has(id)) await this.guarded(id, () => this.close(id));
      }
      for (const { id, scope } of [...added, ...changes.changed])
        await this.guarded(id, () => this.set(id, cameraOf(config, id), scope));
    });
    this.announce(changes.removed);
  }

  async add(id: string, settings: unknown): Promise<void> {
    await this.inTurn(async () => {
      const { rtsp, api } = this.config;
      const config = parseCamera(id, settings, { hasRtsp: rtsp !== undefined, dir: this.options.dir, api });
      if (this.entries.has(id)) {
        throw new AppError('USAGE', `camera "${id}": a camera with this id already exists`, {
          cure: 'choose another id, or remove the camera first',
        });
      }
      await this.open(id, config);
    });
    this.changed$.next();
  }

  async remove(id: string): Promise<void> {
    await this.inTurn(() => this.close(id));
    this.announce([id]);
  }

  async pause(id: string): Promise<void> {
    await this.inTurn(async () => {
      const entry = this.entryOf(id);
      entry.isPaused = true;
      await this.reconnect(entry);
    });
  }

  async resume(id: string): Promise<void> {
    await this.inTurn(async () => {
      const entry = this.entryOf(id);
      entry.isPaused = false;
      entry.config = { ...entry.config, enabled: true };
      await this.reconnect(entry);
    });
  }

  overridable(id: string): CameraOverrides {
    const { masks, liveliness } = this.entryOf(id).config;
    return { masks, liveliness };
  }

  async override(id: string, settings: Partial<CameraOverrides>): Promise<void> {
    await this.inTurn(async () => {
      const entry = this.entryOf(id);
      entry.overrides = { ...entry.overrides, ...settings };
      await this.set(id, entry.config, 'label');
    });
  }

  /** Counts pictures that were dropped after the pipeline. */
  drop(id: string, cause: 'encoder' | 'viewer', count: number): void {
    this.entries.get(id)?.running?.camera.drop(cause, count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.inTurn(() => Promise.all([...this.entries.keys()].map((id) => this.close(id))));
    this.changed$.complete();
  }

  /** The counts of a removed camera are deleted after its viewers have been informed. */
  private announce(removed: readonly string[]): void {
    this.changed$.next();
    for (const id of removed) if (!this.entries.has(id)) this.options.resources.metrics.forget(id);
  }

  private async open(id: string, config: CameraConfig): Promise<void> {
    this.options.redactor.learn(config.source);
    const entry: Entry = { id, config, isPaused: false, overrides: {}, running: undefined };
    if (this.runsHere(entry)) await this.begin(entry);
    this.entries.set(id, entry);
  }

  private async startOrEnd(id: string): Promise<void> {
    const entry = this.entries.get(id);
    if (!entry || this.runsHere(entry) === (entry.running !== undefined)) return;
    if (!entry.running) {
      await this.begin(entry);
      return;
    }
    await this.end(entry);
    this.options.resources.metrics.leave(id);
  }

  private async begin(entry: Entry): Promise<void> {
    const { resources, models } = this.options;
    const { id, config } = entry;
    const camera = new LiveCamera({
      id,
      config,
      publish: this.config.publish,
      resources,
      rtspPath: this.rtspPath(id, config),
      network: await models.network(this.modelOf(config)),
    });
    const work = camera.run$.pipe(retry({ delay: (err) => this.beginAnew(id, err) })).subscribe();
    entry.running = { camera, work, connection: undefined };
    await this.reconnect(entry);
  }

  /** Viewers lose the camera, unless another machine shows it. */
  private async end(entry: Entry): Promise<void> {
    const { running } = entry;
    entry.running = undefined;
    await running?.connection?.[Symbol.asyncDispose]();
    running?.work.unsubscribe();
    running?.camera.complete();
  }

  private runsHere({ id, config }: Entry): boolean {
    return this.options.runsHere?.(id, config) ?? true;
  }

  private beginAnew(id: string, err: unknown): Observable<0> {
    this.options.log.error({ camera: id, err }, 'the camera failed unexpectedly and starts again');
    return timer(restartMs);
  }

  private async set(id: string, config: CameraConfig, scope: CameraScope): Promise<void> {
    const entry = this.entries.get(id);
    if (!entry) {
      await this.open(id, config);
      return;
    }
    this.options.redactor.learn(config.source);
    const network = entry.running && (await this.options.models.network(this.modelOf(config)));
    entry.config = { ...config, ...entry.overrides };
    const rtspPath = this.rtspPath(id, config);
    if (network) entry.running?.camera.apply({ config: entry.config, network, rtspPath });
    if (scope !== 'connection') return;
    await this.startOrEnd(id); // a camera may get a machine of its own
    await this.reconnect(entry);
  }

  /** A camera's model, the model that it is blended with, and its style. */
  private modelOf({ model, blend, style }: CameraConfig): CameraModel {
    const { engine } = this.config;
    return {
      name: model ?? engine.model,
      blend: blend ?? (model === undefined ? engine.blend : undefined),
      style,
    };
  }

  /** Ends the connection, if there is one, and then starts a new one. */
  private async reconnect(entry: Entry): Promise<void> {
    const { config, isPaused, running } = entry;
    if (!running) return;
    await running.connection?.[Symbol.asyncDispose]();
    running.connection = undefined;
    const { camera } = running;
    if (!config.enabled || isPaused) {
      camera.connect(undefined);
      return;
    }
    running.connection = new CameraConnection({ config, camera, log: this.options.log });
  }

  private async close(id: string): Promise<void> {
    const entry = this.entryOf(id);
    this.entries.delete(id);
    await this.end(entry);
  }

  private entryOf(id: string): Entry {
    const entry = this.entries.get(id);
    if (entry) return entry;
    throw new AppError('INPUT_MISSING', `camera "${id}": no camera has this name`);
  }

  private rtspPath(id: string, config: CameraConfig): string | undefined {
    return this.config.rtsp !== undefined && config.rtsp ? `/${id}` : undefined;
  }

  /** If the change of a camera fails (its model may be missing), the others still change. */
  private async guarded(id: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (err) {
      this.options.log.error({ camera: id, err }, 'the camera could not be changed as the config says');
    }
  }

  /** Runs operations one after the other: a pause and a reload must not both own a connection. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.queue.then(work);
    this.queue = result.catch(() => undefined);
    return result;
  }
}

function cameraOf(config: Config, id: string): CameraConfig {
  const camera = config.cameras[id];
  if (!camera) throw new RangeError(`the config has no camera "${id}"`);
  return camera;
}
