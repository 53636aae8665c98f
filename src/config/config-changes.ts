import { isDeepStrictEqual } from 'node:util';
import { isLoopback } from './loopback.ts';
import type { CameraConfig, Config } from './schema.ts';

/**
 * The effect of a changed camera setting. `connection`: ffmpeg restarts; `color`: the pictures change and the
 * connection stays; `label`: only what viewers see around the picture changes.
 */
export type CameraScope = 'connection' | 'color' | 'label';

/** Whether a setting outside cameras takes effect immediately or at the program's next start. */
export type ProgramScope = 'live' | 'restart';

/** The effect of each camera setting. */
export const cameraScopes: Readonly<Record<keyof CameraConfig, CameraScope>> = {
  name: 'label',
  source: 'connection',
  enabled: 'connection',
  transport: 'connection',
  size: 'connection',
  maxMegapixels: 'connection',
  fps: 'connection',
  stallS: 'connection',
  unwatched: 'connection',
  model: 'color',
  blend: 'color',
  style: 'color',
  liveliness: 'color',
  saturation: 'color',
  temperature: 'color',
  refreshFps: 'color',
  motionGate: 'color',
  embedding: 'color',
  day: 'connection',
  night: 'color',
  masks: 'color',
  machine: 'connection',
  rtsp: 'label',
  original: 'label',
};

type ProgramSections = Omit<Config, 'cameras'>;
type SectionScopes = {
  readonly [S in keyof ProgramSections]: Readonly<
    Record<keyof NonNullable<ProgramSections[S]>, ProgramScope>
  >;
};

/** The same for settings outside cameras. Adding or removing a section changes all its settings. */
export const programScopes: SectionScopes = {
  server: {
    host: 'restart',
    port: 'restart',
    tls: 'live',
    users: 'live',
    origins: 'live',
    stateDir: 'restart',
    trustProxy: 'live',
    requestsPerMinute: 'live',
    maxViewers: 'live',
  },
  engine: {
    model: 'restart',
    blend: 'restart',
    embedding: 'restart',
    library: 'restart',
    device: 'restart',
    precision: 'restart',
    batchSize: 'restart',
    maxWaitMs: 'restart',
    threads: 'restart',
    shortSidePx: 'restart',
    pixelThreads: 'restart',
  },
  api: { sources: 'live', modelFolders: 'live' },
  publish: { visibleMark: 'restart', jpegQuality: 'restart', maxHeightPx: 'restart' },
  rtsp: { host: 'restart', port: 'restart', tls: 'restart', heightPx: 'restart', bitrateKbps: 'restart' },
  farm: { config: 'restart' },
  cluster: {
    redis: 'restart',
    secret: 'restart',
    group: 'restart',
    name: 'restart',
    address: 'restart',
    ca: 'restart',
    weight: 'restart',
    leaseS: 'restart',
  },
  log: { level: 'live', pretty: 'restart' },
};

export interface CameraChange {
  readonly id: string;
  /** The strongest effect of the changed settings. */
  readonly scope: CameraScope;
  /** Names of the changed settings: `source`, `night`. */
  readonly settings: readonly (keyof CameraConfig)[];
}

/** The differences between two configs, in the order of the schema or of the newer config. */
export interface ConfigChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly CameraChange[];
  /** Settings outside cameras that take effect immediately: `server.users`. */
  readonly live: readonly string[];
  /** Settings that take effect at the program's next start: `server.port`. */
  readonly restart: readonly string[];
}

/** Compares two configs by value. Moved lines, comments and written-out defaults do not count as changes. */
export function configChanges(before: Config, after: Config): ConfigChanges {
  const program = changedProgramSettings(before, after);
  return {
    added: Object.keys(after.cameras).filter((id) => !Object.hasOwn(before.cameras, id)),
    removed: Object.keys(before.cameras).filter((id) => !Object.hasOwn(after.cameras, id)),
    changed: Object.entries(after.cameras).flatMap(([id, camera]) => {
      const old = Object.hasOwn(before.cameras, id) ? before.cameras[id] : undefined;
      return old === undefined ? [] : changeOf(id, old, camera);
    }),
    live: program.filter(({ scope }) => scope === 'live').map(({ path }) => path),
    restart: program.filter(({ scope }) => scope === 'restart').map(({ path }) => path),
  };
}

/**
 * Returns the part of a changed config that takes effect before the program's next start. Settings that wait for it
 * (`programScopes`) keep their old values everywhere, so that the parts of the program agree.
 */
export function withoutRestart(after: Config, before: Config): Config {
  const { engine, publish, rtsp, farm, cluster } = before;
  const { host, port } = before.server;
  const { pretty } = before.log;
  const isLocal = isLoopback(host) && (rtsp === undefined || isLoopback(rtsp.host));
  // A server that still listens beyond this machine must not lose its login before it moves.
  const { users } = after.server.users.length > 0 || isLocal ? after.server : before.server;
  return {
    engine,
    api: after.api,
    publish,
    rtsp,
    farm,
    cluster,
    cameras: after.cameras,
    server: { ...after.server, host, port, users },
    log: { ...after.log, pretty },
  };
}

function changeOf(id: string, before: CameraConfig, after: CameraConfig): CameraChange[] {
  const names = Object.keys(cameraScopes) as (keyof CameraConfig)[];
  const settings = names.filter((name) => !isDeepStrictEqual(before[name], after[name]));
  const scopes = settings.map((name) => cameraScopes[name]);
  const scope = (['connection', 'color', 'label'] as const).find((each) => scopes.includes(each));
  return scope === undefined ? [] : [{ id, scope, settings }];
}

function changedProgramSettings(before: Config, after: Config): { path: string; scope: ProgramScope }[] {
  return Object.entries<Readonly<Record<string, ProgramScope>>>(programScopes).flatMap(
    ([section, scopes]) => {
      const [old, young] = [sectionOf(before, section), sectionOf(after, section)];
      const isOneAbsent = (old === undefined) !== (young === undefined);
      return Object.entries(scopes)
        .filter(([name]) => isOneAbsent || !isDeepStrictEqual(old?.[name], young?.[name]))
        .map(([name, scope]) => ({ path: `${section}.${name}`, scope }));
    },
  );
}

function sectionOf(config: Config, section: string): Readonly<Record<string, unknown>> | undefined {
  return Object.entries(config).find(([name]) => name === section)?.[1];
}
