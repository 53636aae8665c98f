/** The composition root of `chromafeed serve`: it builds all parts, owns all resources, and ends them in order. */
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { concatMap, type Observable } from 'rxjs';
import { configChanges, withoutRestart } from '../../config/config-changes.ts';
import { loadConfig, type LoadedConfig } from '../../config/load-config.ts';
import type { ClusterConfig, Config } from '../../config/schema.ts';
import { watchConfig } from '../../config/watch-config.ts';
import { countText } from '../../log/count-text.ts';
import { AppError } from '../../errors.ts';
import { LiveCameras } from './live-cameras.ts';
import { RememberedCameras } from './remembered-cameras.ts';
import { stateFolder } from './state-folder.ts';
import { LiveModels } from './live-models.ts';
import { createLogger, type Logger } from '../../log/log.ts';
import { Metrics } from '../live/metrics.ts';
import { Redactor } from '../../log/redact.ts';
import { RtspServer } from '../publish/rtsp/rtsp-server.ts';
import { dashboardDirs } from '../publish/server/dashboard-files.ts';
import { JpegEncoders } from '../live/pictures/jpeg-encoders.ts';
import { LiveEngine } from '../live/live-engine.ts';
import { PixelPool } from '../pixels/pixel-pool.ts';
import type { CameraDirectory, CameraFeed } from '../live/camera-feed.ts';
import { Cluster, machineName } from './cluster/cluster.ts';
import type { LeaseStore, LeaseStoreSettings } from './cluster/lease-store.ts';
import { measureWeight } from './cluster/measure-weight.ts';
import { readCa } from '../../files/read-ca.ts';
import { rtspAccess } from '../publish/rtsp/rtsp-access.ts';
import { AddressCounter } from '../publish/server/access/address-counter.ts';
import { RefusedConnections } from '../publish/server/refused-connections.ts';
import { viewerLimits } from '../publish/viewers/viewer-limits.ts';
import { openPublisher, type Publisher } from '../publish/server/publisher.ts';
import type { FilmsView } from '../publish/films-view.ts';
import type { Readiness } from '../publish/publisher-options.ts';
import { RtspMounts } from '../publish/rtsp/rtsp-mounts.ts';
import { CameraStreams } from '../publish/video/camera-streams.ts';
import { readTlsFiles } from '../publish/server/tls-files.ts';
import { markOf, syntheticSentence } from '../synthetic-mark.ts';

export interface ServeOptions {
  /** Of the config file. */
  readonly path: string;
  /** Replaces `server.port`. */
  readonly port?: number | undefined;
  /** Ends the server when it aborts. */
  readonly signal: AbortSignal;
  /** Emits when the config must be read again, for example after SIGHUP. Default: only a changed file is read. */
  readonly reload$?: Observable<void> | undefined;
  /** Opens the queue of films for the dashboard. @param file - path of the farm's config */
  readonly openFilms?: ((file: string) => Promise<FilmsView & AsyncDisposable>) | undefined;
  /** Connects to Redis for `cluster`. Default: a config with `cluster` is refused. */
  readonly openLeases?: OpenLeases | undefined;
  /** Receives lines for the user: the address, and that the colour is synthetic. Default: they are not shown. */
  readonly print?: ((text: string) => void) | undefined;
}

/** Opens the leases of the cameras that several machines share. The caller owns the result. */
export type OpenLeases = (cluster: ClusterConfig, settings: LeaseStoreSettings) => Promise<LeaseStore>;

/** Viewers get this much time to receive the message that the server stops, ms. */
const drainMs = 2000;
/** The same problem of the same camera is logged once in this time, ms. */
const warnEveryMs = 10_000;
/** After this time a command to Redis counts as failed, ms; shorter with short leases. */
const mostRedisMs = 1500;

/**
 * Runs the server until the signal aborts, then ends every part in order.
 * @throws {AppError} CONFIG_INVALID, INPUT_MISSING, MODEL_INVALID ..., when the server cannot start
 */
export async function serve(options: ServeOptions): Promise<void> {
  const loaded = withPort(await loadConfig(options.path), options.port);
  const { config } = loaded;
  const redactor = new Redactor(Object.values(config.cameras).map(({ source }) => source));
  const log = createLogger(config.log, { redactor });
  const metrics = new Metrics();
  const warn = rateLimited(log);
  const { engine: engineConfig } = config;
  await using models = new LiveModels(engineConfig, (text) => log.warn(text));
  const network = await models.network({ name: engineConfig.model, blend: engineConfig.blend });
  using engine = new LiveEngine({
    batchSize: engineConfig.batchSize,
    maxWaitMs: engineConfig.maxWaitMs,
    metrics,
    onError: (error) => warn('engine', String(error)),
  });
  await using pixels = new PixelPool(engineConfig.pixelThreads);
  const jpegs = new JpegEncoders(config.publish.jpegQuality, pixels);
  await using cluster = await openCluster(loaded, { open: options.openLeases, metrics, log });
  const resources = {
    engine,
    pixels,
    jpegs,
    metrics,
    warn,
    shortSidePx: engineConfig.shortSidePx,
    machine: config.cluster && machineName(config.cluster),
  };
  await using cameras = new LiveCameras({
    resources,
    models,
    log,
    redactor,
    dir: loaded.dir,
    config,
    runsHere: (id, camera) => cluster?.runsHere(id, camera) ?? true,
  });
  await cameras.start();
  const directory = (await cluster?.cameras(cameras)) ?? (await remember(cameras, loaded, log));
  const mark = markOf(network.model);
  await using streams = new CameraStreams({
    rtsp: config.rtsp,
    program: mark.program,
    log,
    onDrop: (camera, count) => cameras.drop(camera, 'encoder', count),
  });
  let inForce = config;
  const wrongTokens = new AddressCounter({ limit: viewerLimits.wrongTokensPerMinute });
  const onRtspDrop = (path: string, count: number): void => cameras.drop(path.slice(1), 'viewer', count);
  await using rtsp = config.rtsp
    ? await openRtsp(config.rtsp, { inForce: () => inForce, log, metrics, wrongTokens, onDrop: onRtspDrop })
    : undefined;
  using mounts = rtsp
    ? new RtspMounts({ server: rtsp, cameras, streams, notice: syntheticSentence(mark) })
    : undefined;
  await using films = config.farm && (await options.openFilms?.(resolve(loaded.dir, config.farm.config)));
  await using publisher = await openPublisher({
    server: config.server,
    publish: config.publish,
    cameras: directory,
    metrics,
    log,
    mark,
    dashboardDirs,
    videoOf: (feed, heightPx) => cluster?.videoOf(feed, heightPx) ?? streams.videoOf(feed, heightPx),
    originalOf: (feed) => {
      const relayed = cluster?.relayedOriginal(feed);
      return relayed === undefined ? streams.originalOf(feed) : relayed.original;
    },
    peers: cluster?.peers,
    sharedSessions: cluster?.sessions,
    isReady: () => readiness(cameras.feeds),
    configPath: loaded.path,
    films,
    wrongTokens,
    sessionFile: join(stateFolder(loaded), 'sessions.json'),
  });
  await using watch = watchConfig(loaded);
  const following = watch.changes$
    .pipe(
      concatMap(async (outcome) => {
        inForce = await follow(outcome, inForce, { cameras, publisher, rtsp, log, port: options.port });
        await rtsp?.recheck();
      }),
    )
    .subscribe({ error: (err: unknown) => log.error({ err }, 'the config is no longer watched') });
  following.add(options.reload$?.subscribe(() => watch.reload()));
  await cluster?.join({
    port: publisher.port,
    isTls: config.server.tls !== undefined,
    weight: config.cluster?.weight ?? (await measureWeight(network.network, engineConfig.shortSidePx)),
  });
  announce(options.print ?? (() => undefined), publisher.url, rtsp, config);
  log.info(
    { url: publisher.url, cameras: cameras.feeds.length, rtsp: mounts?.paths },
    syntheticSentence(mark),
  );
  if (!options.signal.aborted) await once(options.signal, 'abort');
  log.info('stopping');
  following.unsubscribe();
  await cluster?.leave();
  await publisher.drain(drainMs);
}

/** The cameras, with what administrators have changed. */
async function remember(cameras: LiveCameras, loaded: LoadedConfig, log: Logger): Promise<CameraDirectory> {
  const remembered = new RememberedCameras({ cameras, file: changesFile(loaded), log });
  await remembered.restore();
  return remembered;
}

function changesFile(loaded: LoadedConfig): string {
  return join(stateFolder(loaded), 'cameras.json');
}

async function openCluster(
  loaded: LoadedConfig,
  parts: {
    readonly open: OpenLeases | undefined;
    readonly metrics: Metrics;
    readonly log: Logger;
  },
): Promise<Cluster | undefined> {
  const { cluster } = loaded.config;
  if (cluster === undefined) return undefined;
  const { open, metrics, log } = parts;
  if (open === undefined)
    throw new AppError('USAGE', 'cluster: expected the option `openLeases` but got none', {
      cure: 'run `chromafeed serve`, or pass the option to `serve`',
    });
  const store = await open(cluster, {
    group: cluster.group,
    timeoutMs: Math.min(mostRedisMs, cluster.leaseS * 250),
    onError: (err) => log.debug({ err }, 'Redis'),
  });
  const ca = cluster.ca === undefined ? undefined : await readCa(cluster.ca, 'cluster.ca');
  return new Cluster({
    config: cluster,
    store,
    ca,
    changesFile: changesFile(loaded),
    stateFolder: stateFolder(loaded),
    metrics,
    log,
  });
}

function withPort(loaded: LoadedConfig, port: number | undefined): LoadedConfig {
  if (port === undefined) return loaded;
  return { ...loaded, config: { ...loaded.config, server: { ...loaded.config.server, port } } };
}

/** Applies a config that was read again, and returns the current one. */
async function follow(
  outcome: LoadedConfig | AppError,
  before: Config,
  parts: {
    cameras: LiveCameras;
    publisher: Publisher;
    rtsp: RtspServer | undefined;
    log: Logger;
    port: number | undefined;
  },
): Promise<Config> {
  const { cameras, publisher, rtsp, log, port } = parts;
  if (outcome instanceof AppError) {
    log.error({ code: outcome.code }, `the changed config is not used: ${outcome.message}`);
    return before;
  }
  const written = withPort(outcome, port).config;
  const config = withoutRestart(written, before);
  try {
    const changes = configChanges(before, written);
    if (changes.restart.length > 0) {
      log.warn({ settings: changes.restart }, 'these settings take effect at the next start of the program');
    }
    log.level = config.log.level;
    await cameras.follow(config, changes);
    await publisher.update({ server: config.server, publish: config.publish });
    const tls = rtsp && (await readTlsFiles(config.server.tls));
    if (tls) rtsp.useTls(tls);
    log.info(
      { audit: 'config read again', ...changes, changed: changes.changed.length },
      'the changed config is in use',
    );
    return config;
  } catch (err) {
    log.error({ err }, 'the changed config could not be applied as a whole');
    return config;
  }
}

async function openRtsp(
  rtsp: NonNullable<Config['rtsp']>,
  parts: {
    readonly inForce: () => Config;
    readonly log: Logger;
    readonly metrics: Metrics;
    /** Counts wrong tokens from HTTP and RTSP together. */
    readonly wrongTokens: AddressCounter;
    readonly onDrop: (path: string, count: number) => void;
  },
): Promise<RtspServer> {
  const { inForce, log, metrics, wrongTokens, onDrop } = parts;
  const refused = new RefusedConnections({ server: 'rtsp', metrics, log });
  const tls = rtsp.tls ? await readTlsFiles(inForce().server.tls) : undefined;
  return RtspServer.listen({
    host: rtsp.host,
    port: rtsp.port,
    onDrop,
    authenticate: rtspAccess({ users: () => inForce().server.users, wrongTokens, log }),
    onRefused: (address, reason) => refused.note(address, reason),
    log: { info: (text) => log.debug(text), warn: (text) => log.warn(text) },
    ...(tls === undefined ? {} : { tls }),
  });
}

/** The model is loaded, or this would not run; a camera may be missing. */
function readiness(feeds: readonly CameraFeed[]): Readiness {
  const wanted = feeds.filter(({ status: { state } }) => state.kind !== 'disabled' && state.kind !== 'idle');
  if (wanted.length === 0 || wanted.some(({ status }) => status.state.kind === 'live'))
    return { ok: true, why: [] };
  return { ok: false, why: wanted.map(({ id, status }) => `camera ${id} is ${status.state.kind}`) };
}

function announce(
  print: (text: string) => void,
  url: string,
  rtsp: RtspServer | undefined,
  config: Config,
): void {
  const count = Object.keys(config.cameras).length;
  const lines = [`Chromafeed shows ${countText(count, 'camera')} in colour: ${url}`];
  if (rtsp && config.rtsp) {
    const scheme = config.rtsp.tls && config.server.tls ? 'rtsps' : 'rtsp';
    const ids = Object.entries(config.cameras).flatMap(([id, camera]) => (camera.rtsp ? [id] : []));
    lines.push(...ids.map((id) => `  by RTSP: ${scheme}://${config.rtsp?.host ?? ''}:${rtsp.port}/${id}`));
  }
  lines.push('The colour is a guess made by a network; nobody measured it.');
  print(lines.join('\n'));
}

/** Logs a message about a camera, but the same message only once in a while. */
function rateLimited(log: Logger): (camera: string, text: string) => void {
  const lastMs = new Map<string, number>();
  return (camera, text) => {
    const key = `${camera} ${text}`;
    const now = performance.now();
    if (now - (lastMs.get(key) ?? -Infinity) < warnEveryMs) return;
    if (lastMs.size > 1000) lastMs.clear();
    lastMs.set(key, now);
    log.warn({ camera }, text);
  };
}
