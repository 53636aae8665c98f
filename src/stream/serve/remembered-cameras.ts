import type { Observable } from 'rxjs';
import { z } from 'zod';
import { livelinessSchema, masksSchema, type MaskConfig } from '../../config/schema.ts';
import { readPrivateFile, replacePrivateFile } from '../../files/private-file.ts';
import type { Logger } from '../../log/log.ts';
import type { CameraDirectory, CameraFeed } from '../live/camera-feed.ts';

const changes = z.strictObject({
  version: z.literal(1),
  /** The settings of cameras that administrators have added, by id. */
  added: z.record(z.string(), z.record(z.string(), z.unknown())),
  /** The config's cameras that administrators have removed. */
  removed: z.array(z.string()),
  paused: z.array(z.string()),
  /** The masks that administrators have set, by camera. Files of earlier versions have none. */
  masks: z.record(z.string(), masksSchema).default({}),
  /** The colourfulness that administrators have set, by camera. Files of earlier versions have none. */
  liveliness: z.record(z.string(), livelinessSchema).default({}),
});

export interface RememberedCamerasOptions {
  readonly cameras: CameraDirectory;
  /** Stores changes of cameras in a file; the config file is never written. */
  readonly file: string;
  readonly log: Pick<Logger, 'warn'>;
}

/**
 * The cameras. Changes by administrators (add, pause, mask, remove) are kept in a file and take precedence over the
 * config.
 */
export class RememberedCameras implements CameraDirectory {
  readonly changes$: Observable<void>;
  private readonly options: RememberedCamerasOptions;
  private readonly added = new Map<string, Record<string, unknown>>();
  private readonly removed = new Set<string>();
  private readonly paused = new Set<string>();
  private readonly masked = new Map<string, readonly MaskConfig[]>();
  private readonly livelinessOf = new Map<string, number>();
  private writing: Promise<void> = Promise.resolve();

  constructor(options: RememberedCamerasOptions) {
    this.options = options;
    this.changes$ = options.cameras.changes$;
  }

  get feeds(): readonly CameraFeed[] {
    return this.options.cameras.feeds;
  }

  feed(id: string): CameraFeed | undefined {
    return this.options.cameras.feed(id);
  }

  /** Applies the changes of earlier runs. A change that no longer fits the config is logged and dropped. */
  async restore(): Promise<void> {
    const { cameras } = this.options;
    const earlier = await this.load();
    if (earlier === undefined) return;
    for (const id of earlier.removed)
      if (this.feed(id))
        await this.attempt(id, async () => {
          await cameras.remove(id);
          this.removed.add(id);
        });
    for (const [id, settings] of Object.entries(earlier.added))
      if (!this.feed(id))
        await this.attempt(id, async () => {
          await cameras.add(id, settings);
          this.added.set(id, settings);
        });
    for (const id of earlier.paused)
      if (this.feed(id))
        await this.attempt(id, async () => {
          await cameras.pause(id);
          this.paused.add(id);
        });
    for (const [id, masks] of Object.entries(earlier.masks))
      if (this.feed(id))
        await this.attempt(id, async () => {
          await cameras.setMasks(id, masks);
          this.masked.set(id, masks);
        });
    for (const [id, liveliness] of Object.entries(earlier.liveliness))
      if (this.feed(id))
        await this.attempt(id, async () => {
          await cameras.setLiveliness(id, liveliness);
          this.livelinessOf.set(id, liveliness);
        });
  }

  async add(id: string, settings: unknown): Promise<void> {
    await this.options.cameras.add(id, settings);
    if (typeof settings === 'object' && settings !== null) this.added.set(id, { ...settings });
    this.removed.delete(id);
    await this.save();
  }

  async remove(id: string): Promise<void> {
    await this.options.cameras.remove(id);
    if (!this.added.delete(id)) this.removed.add(id);
    this.paused.delete(id);
    this.masked.delete(id);
    this.livelinessOf.delete(id);
    await this.save();
  }

  masks(id: string): readonly MaskConfig[] {
    return this.options.cameras.masks(id);
  }

  async setMasks(id: string, masks: readonly MaskConfig[]): Promise<void> {
    await this.options.cameras.setMasks(id, masks);
    this.masked.set(id, masks);
    await this.save();
  }

  liveliness(id: string): number {
    return this.options.cameras.liveliness(id);
  }

  async setLiveliness(id: string, liveliness: number): Promise<void> {
    await this.options.cameras.setLiveliness(id, liveliness);
    this.livelinessOf.set(id, liveliness);
    await this.save();
  }

  async pause(id: string): Promise<void> {
    await this.options.cameras.pause(id);
    this.paused.add(id);
    await this.save();
  }

  async resume(id: string): Promise<void> {
    await this.options.cameras.resume(id);
    this.paused.delete(id);
    await this.save();
  }

  private async attempt(camera: string, change: () => Promise<void>): Promise<void> {
    try {
      await change();
    } catch (err) {
      this.options.log.warn({ camera, err }, 'an earlier change of this camera no longer fits the config');
    }
  }

  private async load(): Promise<z.infer<typeof changes> | undefined> {
    const { file, log } = this.options;
    try {
      return await readPrivateFile(file, changes);
    } catch (err) {
      log.warn({ err, file }, 'cannot read the earlier changes of cameras');
      return undefined;
    }
  }

  private save(): Promise<void> {
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  private async write(): Promise<void> {
    const { file, log } = this.options;
    const state = {
      version: 1,
      added: Object.fromEntries(this.added),
      removed: [...this.removed],
      paused: [...this.paused],
      masks: Object.fromEntries(this.masked),
      liveliness: Object.fromEntries(this.livelinessOf),
    };
    try {
      await replacePrivateFile(file, JSON.stringify(state, undefined, 2));
    } catch (err) {
      log.warn({ err, file }, 'cannot keep the changes of cameras, so a restart will undo them');
    }
  }
}
