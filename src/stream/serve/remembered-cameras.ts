import { isDeepStrictEqual } from 'node:util';
import type { Observable } from 'rxjs';
import { z } from 'zod';
import { livelinessSchema, masksSchema } from '../../config/schema.ts';
import { readPrivateFile, replacePrivateFile } from '../../files/private-file.ts';
import type { Logger } from '../../log/log.ts';
import type { CameraDirectory, CameraFeed, CameraOverrides } from '../live/camera-feed.ts';
import type { AdminChange } from './admin-change.ts';

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
  private readonly overrides = new Map<string, Partial<CameraOverrides>>();
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
    for (const [id, settings] of Object.entries(overridesOf(earlier)))
      if (this.feed(id))
        await this.attempt(id, async () => {
          await cameras.override(id, settings);
          this.overrides.set(id, settings);
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
    this.overrides.delete(id);
    await this.save();
  }

  overridable(id: string): CameraOverrides {
    return this.options.cameras.overridable(id);
  }

  async override(id: string, settings: Partial<CameraOverrides>): Promise<void> {
    await this.options.cameras.override(id, settings);
    this.overrides.set(id, { ...this.overrides.get(id), ...settings });
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

  /** The cameras that administrators have changed. */
  get changed(): ReadonlySet<string> {
    return new Set([...this.added.keys(), ...this.removed, ...this.paused, ...this.overrides.keys()]);
  }

  /** What administrators have changed of a camera. */
  changeOf(id: string): AdminChange {
    const added = this.added.get(id);
    return {
      ...(added && { added }),
      ...(this.removed.has(id) && ({ removed: true } as const)),
      ...(this.paused.has(id) && ({ paused: true } as const)),
      ...this.overrides.get(id),
    };
  }

  /** Applies what administrators have changed of a camera at another machine. What no longer fits is logged and dropped. */
  async follow(id: string, change: AdminChange): Promise<void> {
    const { added, removed = false, paused = false, masks, liveliness } = change;
    const settings = { ...(masks && { masks }), ...(liveliness !== undefined && { liveliness }) };
    await this.attempt(id, async () => {
      const isGone = removed || (added === undefined && this.added.has(id));
      if (isGone && this.feed(id)) await this.remove(id);
      if (added && !this.feed(id)) await this.add(id, added);
      if (!this.feed(id)) return;
      if (paused !== this.paused.has(id)) await (paused ? this.pause(id) : this.resume(id));
      if (!isDeepStrictEqual(settings, this.overrides.get(id) ?? {})) await this.override(id, settings);
    });
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

  /** The values of one overridden setting, by camera. */
  private overridden(name: keyof CameraOverrides): Record<string, unknown> {
    const values = [...this.overrides].map(([id, settings]) => [id, settings[name]] as const);
    return Object.fromEntries(values.filter(([, value]) => value !== undefined));
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
      masks: this.overridden('masks'),
      liveliness: this.overridden('liveliness'),
    };
    try {
      await replacePrivateFile(file, JSON.stringify(state, undefined, 2));
    } catch (err) {
      log.warn({ err, file }, 'cannot keep the changes of cameras, so a restart will undo them');
    }
  }
}

/** The file lists each setting by camera; this gives the settings of each camera. */
function overridesOf({
  masks,
  liveliness,
}: z.infer<typeof changes>): Record<string, Partial<CameraOverrides>> {
  const ids = new Set([...Object.keys(masks), ...Object.keys(liveliness)]);
  return Object.fromEntries(
    [...ids].map((id) => {
      const [its, level] = [masks[id], liveliness[id]];
      return [id, { ...(its && { masks: its }), ...(level !== undefined && { liveliness: level }) }];
    }),
  );
}
