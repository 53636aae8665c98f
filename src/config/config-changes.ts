import { isDeepStrictEqual } from 'node:util';
import { isLoopback } from './loopback.ts';
import type { CameraConfig, Config } from './schema.ts';

/**
 * What a change of a camera asks for: `connection`: ffmpeg starts anew; `color`: pictures change, the connection
 * stays; `label`: what viewers are told or offered changes, the picture does not.
 */
export type CameraScope = 'connection' | 'color' | 'label';

/** Whether a setting outside cameras holds at once or from the program's next start. */
export type ProgramScope = 'live' | 'restart';

/** What each setting of a camera asks for when it changes. */
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
  saturation: 'color',
  temperature: 'color',
  refreshFps: 'color',
  motionGate: 'color',
  embedding: 'color',
  day: 'connection',
  night: 'color',
  masks: 'color',
  rtsp: 'label',
  original: 'label',
};

type ProgramSections = Omit<Config, 'cameras'>;
type SectionScopes = {
  readonly [S in keyof ProgramSections]: Readonly<
    Record<keyof NonNullable<ProgramSections[S]>, ProgramScope>
  >;
};

/** The same for settings outside cameras; a section that comes or goes is a change of all its settings. */
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
  log: { level: 'live', pretty: 'restart' },
};

export interface CameraChange {
  readonly id: string;
  /** The furthest-reaching of its settings'. */
  readonly scope: CameraScope;
  /** Settings that changed: `source`, `night`. */
  readonly settings: readonly (keyof CameraConfig)[];
}

/** What differs between two configs. Everything is sorted as it stands in the schema or the newer config. */
export interface ConfigChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly CameraChange[];
  /** Settings outside cameras that hold at once: `server.users`. */
  readonly live: readonly string[];
  /** Settings that wait for the program's next start: `server.port`. */
  readonly restart: readonly string[];
}

/** Compares two configs by value; moved lines, comments and spelled-out defaults are no change. */
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
 * What of a changed config holds before the program's next start: settings that wait for it (`programScopes`) stay as
 * they are, so that none of them holds in one place and not in another.
 */
export function withoutRestart(after: Config, before: Config): Config {
  const { engine, publish, rtsp } = before;
  const { host, port } = before.server;
  const { pretty } = before.log;
  const isLocal = isLoopback(host) && (rtsp === undefined || isLoopback(rtsp.host));
  // What still listens beyond this machine must not lose its login before it moves.
  const { users } = after.server.users.length > 0 || isLocal ? after.server : before.server;
  return {
    engine,
    api: after.api,
    publish,
    rtsp,
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
