import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fingerprintOf } from '../../files/fingerprint.ts';
import type { FarmConfig } from '../config/farm-config.ts';
import type { EngineModule, Objects } from '../engine/engine.ts';
import { FolderStore } from './folder-store.ts';
import { localPath, locationText, type Location } from './location.ts';
import { ObjectStore } from './object-store.ts';
import type { OutputStore } from './output-store.ts';

/** The storages that the config of this machine names. S3 is opened when it is first needed. */
export class Storages implements AsyncDisposable {
  /** The folder of this machine for what comes from the storage. */
  readonly cache: string;
  readonly config: FarmConfig['storage'];
  private readonly engine: EngineModule;
  private opened: Objects | undefined;

  constructor(engine: EngineModule, config: FarmConfig, env: NodeJS.ProcessEnv = process.env) {
    this.engine = engine;
    this.config = config.storage;
    this.cache = config.storage.cache ?? usualCache(env);
  }

  /** The folder of this machine for unfinished work on films in S3, with one folder inside for each folder of results. */
  get localWork(): string {
    return join(this.cache, 'work');
  }

  get objects(): Objects {
    this.opened ??= this.engine.openObjects(this.config.s3 ?? {});
    return this.opened;
  }

  /**
   * The store for results at a location.
   * @throws {AppError} CONFIG_INVALID when this machine does not know the shared folder
   */
  output(folder: Location): OutputStore {
    if (folder.kind === 'file') return new FolderStore(localPath(folder, this.config.roots));
    const localFolder = join(this.localWork, fingerprintOf(locationText(folder)).slice(0, 16));
    return new ObjectStore(this.objects, { bucket: folder.bucket, folder: folder.key, localFolder });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.opened?.[Symbol.asyncDispose]();
  }
}

/** @see https://specifications.freedesktop.org/basedir-spec/latest/ */
function usualCache({ XDG_CACHE_HOME: xdg }: NodeJS.ProcessEnv): string {
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.cache');
  return join(base, 'chromafeed', 'farm');
}
