import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../../log/log.ts';
import { assignCameras, type AssignableCamera } from './assign-cameras.ts';
import type { LastLeases } from './last-leases.ts';
import type { CameraLease, ClusterMachine, ClusterView, LeaseStore } from './lease-store.ts';

export interface MembershipOptions {
  readonly store: LeaseStore;
  /** This machine. */
  readonly machine: ClusterMachine;
  readonly leaseMs: number;
  /** For a start without Redis. */
  readonly last: LastLeases;
  /** The cameras that the machines share, now. */
  readonly cameras: () => readonly Omit<AssignableCamera, 'holder'>[];
  /** Called before anything else is done with a new view, so that a camera never starts without its masks. */
  readonly beforeView: (view: ClusterView) => Promise<void>;
  /** This machine has got a camera, or has it no longer. */
  readonly onHeld: (camera: string) => void;
  /** Who has which camera may have changed. */
  readonly onView: (view: ClusterView) => void;
  /** Whether Redis has answered the last time. */
  readonly onConnection: (isConnected: boolean) => void;
  /** What another machine has seen in Redis lately; undefined: no other machine reaches it either. */
  readonly askOthers: () => Promise<ClusterView | undefined>;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** A clock that nobody sets, ms. */
  readonly nowMs?: () => number;
}

const nothing: ClusterView = { machines: [], leases: [], changes: 0 };

/**
 * This machine as a member of the cluster. Four times in the length of a lease it renews what it has, and takes what
 * nobody has and is its share. A machine that cannot reach Redis keeps its cameras, even after their leases have ended:
 * two machines that decode one camera are less bad than a dark camera. It lets a camera go as soon as Redis, or another
 * machine that reaches Redis, says that a newer holder has it.
 */
export class Membership implements AsyncDisposable {
  private readonly options: MembershipOptions;
  private readonly nowMs: () => number;
  private readonly tokens = new Map<string, number>();
  private readonly over = new AbortController();
  private running: Promise<void> | undefined;
  private latest: ClusterView = nothing;
  private greatest = 0;
  private readonly startedMs: number;
  private joinedMs: number | undefined;
  private reachedMs = -Infinity;
  private problem: string | undefined;

  constructor(options: MembershipOptions) {
    this.options = options;
    this.nowMs = options.nowMs ?? ((): number => performance.now());
    this.startedMs = this.nowMs();
  }

  /** Whether this machine has a camera. */
  has(camera: string): boolean {
    return this.tokens.has(camera);
  }

  /** What was seen last, by this machine or by another one. */
  get view(): ClusterView {
    return this.latest;
  }

  /** The view, if this machine has reached Redis within the length of a lease. */
  get freshView(): ClusterView | undefined {
    return this.nowMs() - this.reachedMs <= this.options.leaseMs ? this.latest : undefined;
  }

  /** Joins: resolves after the first attempt, whether Redis answers or not, and goes on by itself. */
  async start(): Promise<void> {
    await this.beat();
    if (this.joinedMs === undefined && this.problem !== undefined) await this.resume();
    this.running = this.run();
  }

  /** Leaves, so that the others take the cameras immediately. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.over.abort();
    await this.running;
    await this.options.store.leave(this.options.machine.name).catch(() => undefined); // the leases end by themselves
  }

  /**
   * Machines that start together, or reach Redis again after a while, first wait for each other: otherwise the first one
   * would take everything.
   */
  private get isGathering(): boolean {
    return this.nowMs() - (this.joinedMs ?? Infinity) < this.options.leaseMs / 2;
  }

  /** Ids of the cameras that the machines share. */
  private get known(): ReadonlySet<string> {
    return new Set(this.options.cameras().map(({ id }) => id));
  }

  private get beatMs(): number {
    return this.options.leaseMs / 4;
  }

  private async run(): Promise<void> {
    const { signal } = this.over;
    const pause = (): Promise<void> => delay(this.beatMs, undefined, { signal }).catch(() => undefined);
    await pause();
    while (!signal.aborted) {
      await this.beat();
      await pause();
    }
  }

  private async beat(): Promise<void> {
    const { store, machine, leaseMs, log } = this.options;
    const askedMs = this.nowMs();
    try {
      const view = await store.beat({ machine, leaseMs, held: this.tokens });
      await this.options.beforeView(view);
      this.reachedMs = askedMs;
      if (this.joinedMs === undefined || this.problem !== undefined) this.joinedMs = askedMs;
      if (this.problem !== undefined) log.info('Redis answers again');
      this.problem = undefined;
      this.options.onConnection(true);
      this.follow(this.isGathering ? withEarlier(view, this.latest) : view, { isOwn: true });
      await this.share();
      await this.remember();
    } catch (error) {
      this.warn(error);
      this.options.onConnection(false);
      await this.followOthers();
    }
  }

  /** Takes over what a view says about who has which camera. */
  private follow(view: ClusterView, { isOwn }: { readonly isOwn: boolean }): void {
    const { machine, onView } = this.options;
    this.latest = view;
    for (const lease of view.leases) {
      this.greatest = Math.max(this.greatest, lease.token);
      const mine = this.tokens.get(lease.camera);
      if (lease.holder === machine.name) {
        if (isOwn && lease.isAlive && mine !== lease.token) this.hold(lease.camera, lease.token);
      } else if (mine !== undefined && lease.token > mine) this.letGo(lease.camera, lease);
    }
    const { known } = this;
    for (const camera of this.tokens.keys()) if (!known.has(camera)) this.letGo(camera);
    onView(view);
  }

  /** Takes this machine's share of what nobody has, and gives one camera away if another machine should have it. */
  private async share(): Promise<void> {
    const { store, machine, leaseMs } = this.options;
    if (this.isGathering) return;
    const leases = new Map(this.latest.leases.map((lease) => [lease.camera, lease]));
    const cameras = this.options
      .cameras()
      .map((camera) => ({ ...camera, holder: holderOf(leases.get(camera.id)) }));
    const { takes, move } = assignCameras(cameras, this.latest.machines);
    for (const [camera, to] of takes) {
      if (to !== machine.name) continue;
      const token = await store.take({ camera, machine: to, leaseMs, after: this.greatest });
      if (token !== undefined) this.hold(camera, token);
    }
    const isSettled = this.latest.leases.every(({ isAlive, ageMs }) => !isAlive || ageMs >= leaseMs);
    if (takes.size > 0 || !isSettled || move?.from !== machine.name) return;
    const token = this.tokens.get(move.camera) ?? 0;
    if (!(await store.give({ ...move, token, leaseMs }))) return;
    this.options.log.info({ camera: move.camera, to: move.to }, 'another machine gets this camera');
    this.tokens.delete(move.camera);
    this.options.onHeld(move.camera);
  }

  /** Without Redis: once the leases have ended, another machine may know that some of the cameras have a newer holder. */
  private async followOthers(): Promise<void> {
    if (this.over.signal.aborted || this.nowMs() - this.reachedMs <= this.options.leaseMs) return;
    const view = await this.options.askOthers().catch(() => undefined);
    if (view !== undefined) this.follow(view, { isOwn: false });
  }

  /** A machine that starts without Redis has the cameras that it had last, rather than none. */
  private async resume(): Promise<void> {
    const last = await this.options.last.load();
    if (last === undefined) return;
    this.latest = { ...nothing, machines: last.machines };
    const { known } = this;
    for (const [camera, token] of Object.entries(last.held)) if (known.has(camera)) this.hold(camera, token);
    this.options.onView(this.latest);
  }

  private async remember(): Promise<void> {
    const { machines } = this.latest;
    await this.options.last.save({ held: Object.fromEntries(this.tokens), machines: [...machines] });
  }

  private hold(camera: string, token: number): void {
    const isNew = !this.tokens.has(camera);
    this.tokens.set(camera, token);
    this.greatest = Math.max(this.greatest, token);
    if (!isNew) return;
    this.options.log.info({ camera, token }, 'this machine has the camera');
    this.options.onHeld(camera);
  }

  private letGo(camera: string, { holder, token }: Partial<CameraLease> = {}): void {
    this.tokens.delete(camera);
    this.options.log.info({ camera, holder, token }, 'this machine no longer has the camera');
    this.options.onHeld(camera);
  }

  /** The same problem is logged once. */
  private warn(error: unknown): void {
    const { message, kind } = error as Error & { readonly kind?: string };
    // After a crash, the name is free once the lease of the run before has ended.
    if (kind === 'name' && this.nowMs() - this.startedMs < 2 * this.options.leaseMs) return;
    const problem =
      kind === 'name'
        ? `another machine has the name "${message}" too: set cluster.name, which must differ on each machine`
        : `Redis can't be reached, so cameras stay where they are: ${message}`;
    if (problem === this.problem) return;
    this.problem = problem;
    if (kind === 'name') this.options.log.error(problem);
    else this.options.log.warn(problem);
  }
}

/** Machines that were there before are there until they had time to come back. */
function withEarlier(view: ClusterView, before: ClusterView): ClusterView {
  const names = new Set(view.machines.map(({ name }) => name));
  return { ...view, machines: [...view.machines, ...before.machines.filter(({ name }) => !names.has(name))] };
}

function holderOf(lease: CameraLease | undefined): string | undefined {
  return lease?.isAlive === true ? lease.holder : undefined;
}
