import type { Observable } from 'rxjs';
import type { Logger } from '../../../log/log.ts';
import type { CameraDirectory, CameraFeed, CameraOverrides } from '../../live/camera-feed.ts';
import { adminChange } from '../admin-change.ts';
import type { RememberedCameras } from '../remembered-cameras.ts';
import type { CameraCall } from './camera-call.ts';
import type { Seal } from './seal.ts';
import type { LeaseStore } from './lease-store.ts';
import type { PeerClient, PeerMachine } from './peer-client.ts';

export interface SharedCamerasOptions {
  /** All cameras, with the changes that administrators have made. */
  readonly cameras: RememberedCameras;
  readonly store: Pick<LeaseStore, 'changes' | 'setChange'>;
  readonly seal: Seal;
  readonly client: PeerClient;
  /** The other machine that has a camera; undefined: this one has it, or none. */
  readonly ownerOf: (id: string) => PeerMachine | undefined;
  readonly log: Pick<Logger, 'warn'>;
}

type ChangingCall = Exclude<CameraCall, { readonly kind: 'signed out' }>;

/**
 * The cameras for administrators of any machine. A change goes to the machine that has the camera and is answered when
 * it is in force there. Redis keeps the changes of all cameras, and every machine applies them, so that masks hold
 * wherever the camera goes.
 */
export class SharedCameras implements CameraDirectory {
  readonly changes$: Observable<void>;
  private readonly options: SharedCamerasOptions;
  /** Cameras whose newest change is not in Redis yet. */
  private readonly unsent = new Set<string>();
  private version: number | undefined;

  constructor(options: SharedCamerasOptions) {
    this.options = options;
    this.changes$ = options.cameras.changes$;
  }

  get feeds(): readonly CameraFeed[] {
    return this.options.cameras.feeds;
  }

  feed(id: string): CameraFeed | undefined {
    return this.options.cameras.feed(id);
  }

  overridable(id: string): CameraOverrides {
    return this.options.cameras.overridable(id);
  }

  /** The machine that gets a new camera learns of it from Redis. */
  async add(id: string, settings: unknown): Promise<void> {
    await this.change(id, () => this.options.cameras.add(id, settings));
  }

  remove(id: string): Promise<void> {
    return this.forward({ kind: 'remove', camera: id });
  }

  pause(id: string): Promise<void> {
    return this.forward({ kind: 'pause', camera: id });
  }

  resume(id: string): Promise<void> {
    return this.forward({ kind: 'resume', camera: id });
  }

  override(id: string, settings: Partial<CameraOverrides>): Promise<void> {
    return this.forward({ kind: 'override', camera: id, settings });
  }

  /** Makes a change here, as this machine's administrator or as another machine asks. */
  async obey(call: ChangingCall): Promise<void> {
    await this.change(call.camera, () => this.apply(call));
  }

  /**
   * Applies what was changed at other machines, and tells them what they missed.
   * @param version - of the changes in Redis
   */
  async follow(version: number): Promise<void> {
    const { store, cameras, seal, log } = this.options;
    for (const id of this.unsent) await this.send(id);
    if (version === this.version) return;
    const all = await store.changes();
    for (const [id, json] of all) {
      if (this.unsent.has(id)) continue;
      const change = adminChange.safeParse(jsonOf(seal.open(id, json)));
      if (change.success) await cameras.follow(id, change.data);
      else
        log.warn(
          { camera: id },
          'a change of this camera in Redis is not from a machine with the same secret',
        );
    }
    // What Redis does not know was changed before this machine joined, or before Redis lost its data.
    for (const id of cameras.changed) if (!all.has(id)) await store.setChange(id, this.sealed(id), true);
    this.version = version;
  }

  private async forward(call: ChangingCall): Promise<void> {
    const owner = this.options.ownerOf(call.camera);
    if (owner === undefined) {
      await this.obey(call);
      return;
    }
    await this.options.client.ask(owner, '/cluster/call', call);
    await this.apply(call);
  }

  private async apply(call: ChangingCall): Promise<void> {
    const { cameras } = this.options;
    if (call.kind === 'override') await cameras.override(call.camera, call.settings);
    else await cameras[call.kind](call.camera);
  }

  private async change(id: string, work: () => Promise<void>): Promise<void> {
    this.unsent.add(id); // until it is sent, an older change from Redis must not undo it
    try {
      await work();
    } catch (error) {
      this.unsent.delete(id);
      throw error;
    }
    await this.send(id).catch((err: unknown) =>
      this.options.log.warn(
        { camera: id, err },
        'the other machines learn of this change once Redis answers',
      ),
    );
  }

  private async send(id: string): Promise<void> {
    await this.options.store.setChange(id, this.sealed(id));
    this.unsent.delete(id);
  }

  private sealed(id: string): string {
    const { seal, cameras } = this.options;
    return seal.close(id, JSON.stringify(cameras.changeOf(id)));
  }
}

function jsonOf(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
