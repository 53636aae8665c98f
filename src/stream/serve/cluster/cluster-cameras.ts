import { merge, Subject, Subscription, type Observable } from 'rxjs';
import type { CameraConfig } from '../../../config/schema.ts';
import { sourceKind } from '../../../config/source-kind.ts';
import type { CameraDirectory, CameraFeed, CameraOverrides } from '../../live/camera-feed.ts';
import type { LiveCameras } from '../live-cameras.ts';
import type { ClusterMetrics } from './cluster-metrics.ts';
import type { ClusterView } from './lease-store.ts';
import type { PeerClient, PeerMachine } from './peer-client.ts';
import { PeerStates } from './peer-states.ts';
import { RelayedCamera } from './relayed-camera.ts';

export interface ClusterCamerasOptions {
  /** The cameras that run on this machine. */
  readonly local: LiveCameras;
  /** Name of this machine. */
  readonly machine: string;
  readonly client: PeerClient;
  readonly metrics: ClusterMetrics;
}

/**
 * Whether the machines share a camera. A file or a device belongs to the machine that has it: such a camera runs on
 * every machine by itself, unless the config names its machine.
 */
export function isShared({ source, machine }: CameraConfig): boolean {
  const kind = sourceKind(source);
  return machine !== undefined || (kind !== 'file' && kind !== 'device');
}

/** Shown while a camera changes hands, or waits for its machine. */
const nobody = 'no machine has this camera now';

/** All cameras of all machines: those of this machine as they are, the others relayed. */
export class ClusterCameras implements CameraDirectory, Disposable {
  readonly changes$: Observable<void>;
  private readonly options: ClusterCamerasOptions;
  private readonly states: PeerStates;
  private readonly relayed = new Map<string, RelayedCamera>();
  private readonly moved$ = new Subject<void>();
  private readonly following = new Subscription();
  private owners: ReadonlyMap<string, PeerMachine> = new Map();

  constructor(options: ClusterCamerasOptions) {
    const { local, client } = options;
    this.options = options;
    this.states = new PeerStates(client);
    this.changes$ = merge(local.changes$, this.moved$);
    this.following.add(this.states.changes$.subscribe((machine) => this.refresh(machine)));
    this.following.add(local.changes$.subscribe(() => this.dropRelays()));
  }

  get feeds(): readonly CameraFeed[] {
    return [...this.options.local.configs.keys()].flatMap((id) => this.feed(id) ?? []);
  }

  feed(id: string): CameraFeed | undefined {
    const { local } = this.options;
    const own = local.feed(id);
    if (own !== undefined) return own;
    const config = local.configOf(id);
    return config !== undefined && isShared(config) ? this.relay(id) : undefined;
  }

  /** The other machine that has a camera; undefined: this one has it, or none. */
  ownerOf(id: string): PeerMachine | undefined {
    return this.owners.get(id);
  }

  /** Takes over who has which camera. */
  follow({ machines, leases }: ClusterView): void {
    const { machine, metrics, local } = this.options;
    const others = machines.filter(({ name }) => name !== machine);
    const byName = new Map(others.map((other) => [other.name, other]));
    this.owners = new Map(
      leases.flatMap(({ camera, holder }) => {
        const other = byName.get(holder);
        return other === undefined ? [] : [[camera, other] as const];
      }),
    );
    this.states.follow(others);
    for (const id of this.relayed.keys()) this.update(id);
    const holders = new Map(
      leases.filter(({ isAlive }) => isAlive).map(({ camera, holder }) => [camera, holder]),
    );
    for (const { id } of local.feeds) holders.set(id, machine);
    metrics.describe({
      holders,
      machines: machines.length,
      weight: machines.find(({ name }) => name === machine)?.weight ?? 0,
    });
  }

  add(id: string, settings: unknown): Promise<void> {
    return this.options.local.add(id, settings);
  }

  remove(id: string): Promise<void> {
    return this.options.local.remove(id);
  }

  pause(id: string): Promise<void> {
    return this.options.local.pause(id);
  }

  resume(id: string): Promise<void> {
    return this.options.local.resume(id);
  }

  overridable(id: string): CameraOverrides {
    return this.options.local.overridable(id);
  }

  override(id: string, settings: Partial<CameraOverrides>): Promise<void> {
    return this.options.local.override(id, settings);
  }

  [Symbol.dispose](): void {
    this.following.unsubscribe();
    this.states[Symbol.dispose]();
    for (const camera of this.relayed.values()) camera.complete();
    this.relayed.clear();
    this.moved$.complete();
  }

  private relay(id: string): RelayedCamera {
    let camera = this.relayed.get(id);
    if (camera !== undefined) return camera;
    const { local, client, metrics } = this.options;
    camera = new RelayedCamera({ id, client, metrics, config: () => local.configOf(id) });
    this.relayed.set(id, camera);
    this.update(id);
    return camera;
  }

  private refresh(machine: string): void {
    for (const [id, { name }] of this.owners) if (name === machine) this.update(id);
  }

  private update(id: string): void {
    const owner = this.owners.get(id);
    const status = owner && this.states.status(owner.name, id);
    const problem = owner ? this.states.problem(owner.name) : nobody;
    this.relayed.get(id)?.follow({ owner, status, problem });
  }

  /** Ends what runs here now or is no longer configured; viewers follow `changes$` and get the other feed. */
  private dropRelays(): void {
    const { local } = this.options;
    for (const [id, camera] of this.relayed) {
      if (local.feed(id) === undefined && local.configOf(id) !== undefined) continue;
      this.relayed.delete(id);
      camera.complete();
    }
  }
}
