import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { CameraConfig, ClusterConfig } from '../../../config/schema.ts';
import type { Logger } from '../../../log/log.ts';
import type { CameraDirectory, CameraFeed } from '../../live/camera-feed.ts';
import type { Metrics } from '../../live/metrics.ts';
import type { PeerAccess } from '../../publish/peer-access.ts';
import type { OriginalStream } from '../../publish/publisher-options.ts';
import type { SharedSessions } from '../../publish/server/access/sessions.ts';
import type { VideoStream } from '../../publish/video/video-stream.ts';
import type { LiveCameras } from '../live-cameras.ts';
import { RememberedCameras } from '../remembered-cameras.ts';
import { ClusterCameras, isShared } from './cluster-cameras.ts';
import { ClusterMetrics } from './cluster-metrics.ts';
import { clusterRoutes } from './cluster-routes.ts';
import { LastLeases } from './last-leases.ts';
import type { ClusterView, LeaseStore } from './lease-store.ts';
import { Membership } from './membership.ts';
import { PeerClient } from './peer-client.ts';
import { PeerSignatures } from './peer-signature.ts';
import { Seal } from './seal.ts';
import { RelayedCamera } from './relayed-camera.ts';
import { SharedCameras } from './shared-cameras.ts';
import { SharedSessionStore } from './shared-session-store.ts';

export interface ClusterOptions {
  readonly config: ClusterConfig;
  /** The cluster owns it. */
  readonly store: LeaseStore;
  /** Certificate authority of the other machines, PEM; undefined: the system's. */
  readonly ca: string | undefined;
  /** The file in which this machine keeps changes of administrators. */
  readonly changesFile: string;
  /** For what this machine had last. */
  readonly stateFolder: string;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** This machine's name in the cluster. */
export function machineName(config: ClusterConfig): string {
  return config.name ?? hostname();
}

/** This machine as one of several that share the cameras. Disposal leaves the cluster. */
export class Cluster implements AsyncDisposable {
  /** For the server: what other machines may ask. */
  readonly peers: PeerAccess;
  readonly sessions: SharedSessions;
  private readonly options: ClusterOptions;
  private readonly name: string;
  private readonly metrics: ClusterMetrics;
  private readonly seal: Seal;
  private readonly signatures: PeerSignatures;
  private readonly client: PeerClient;
  private readonly addresses = new Set<string>();
  private local: LiveCameras | undefined;
  private all: ClusterCameras | undefined;
  private shared: SharedCameras | undefined;
  private membership: Membership | undefined;

  constructor(options: ClusterOptions) {
    const { config, ca, metrics, store, log } = options;
    this.options = options;
    this.name = machineName(config);
    this.seal = new Seal(config.secret);
    this.metrics = new ClusterMetrics(metrics.registry);
    this.signatures = new PeerSignatures({ secret: config.secret, name: this.name });
    this.client = new PeerClient(this.signatures, ca);
    const sessions = new SharedSessionStore({
      store,
      seal: this.seal,
      log,
      tellOthers: (key) => this.tellSignedOut(key),
    });
    this.sessions = sessions;
    this.peers = this.access(sessions);
  }

  /** Whether a camera runs on this machine. */
  runsHere(id: string, config: CameraConfig): boolean {
    return !isShared(config) || this.membership?.has(id) === true;
  }

  /**
   * All cameras, with what administrators have changed.
   * @param local - those of this machine; they ask `runsHere`
   */
  async cameras(local: LiveCameras): Promise<CameraDirectory> {
    const { changesFile, store, log } = this.options;
    const { client, metrics, seal } = this;
    this.local = local;
    const all = (this.all = new ClusterCameras({ local, machine: this.name, client, metrics }));
    const remembered = new RememberedCameras({ cameras: all, file: changesFile, log });
    await remembered.restore();
    const ownerOf = (id: string) => all.ownerOf(id);
    this.shared = new SharedCameras({ cameras: remembered, store, seal, client, ownerOf, log });
    return this.shared;
  }

  /**
   * Joins the others.
   * @param server - of this machine: its port, and whether it has TLS
   */
  async join(server: {
    readonly port: number;
    readonly isTls: boolean;
    readonly weight: number;
  }): Promise<void> {
    const { config, store, stateFolder, log } = this.options;
    const address = withPort(config.address ?? `${server.isTls ? 'wss' : 'ws'}://${hostname()}`, server.port);
    const machine = { name: this.name, instance: randomUUID(), address, weight: server.weight };
    this.membership = new Membership({
      store,
      machine,
      leaseMs: config.leaseS * 1000,
      last: new LastLeases(join(stateFolder, 'cluster.json'), log),
      cameras: () => this.shareable(),
      beforeView: async ({ changes }) => {
        await this.shared?.follow(changes);
      },
      onHeld: (camera) => void this.local?.review(camera),
      onView: (view) => this.all?.follow(view),
      onConnection: (isConnected) => this.metrics.setConnected(isConnected),
      askOthers: () => this.askOthers(),
      log,
    });
    log.info(
      { machine: this.name, address, weight: server.weight },
      'sharing the cameras with other machines',
    );
    await this.membership.start();
  }

  /** Leaves the others, which take over the cameras. Viewers of this machine still see them until it ends. */
  async leave(): Promise<void> {
    await this.membership?.[Symbol.asyncDispose]();
  }

  /** H.264 of a camera that another machine has; undefined: this machine makes it. */
  videoOf(feed: CameraFeed, heightPx: number): VideoStream | undefined {
    return feed instanceof RelayedCamera ? feed.video(heightPx) : undefined;
  }

  /** Whether another machine has the camera. Its original is `original`, which may be undefined. */
  relayedOriginal(feed: CameraFeed): { readonly original: OriginalStream | undefined } | undefined {
    return feed instanceof RelayedCamera ? { original: feed.originalStream() } : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
    this.all?.[Symbol.dispose]();
    await this.options.store[Symbol.asyncDispose]();
  }

  private access(sessions: SharedSessionStore): PeerAccess {
    const directory = (): CameraDirectory => {
      if (this.local === undefined) throw new TypeError('the cluster has no cameras yet');
      return this.local;
    };
    return {
      get cameras() {
        return directory();
      },
      routes: clusterRoutes({
        signatures: this.signatures,
        onPeer: (address) => this.note(address),
        view: () => this.membership?.freshView,
        obey: async (call) => {
          if (call.kind === 'signed out') sessions.ended(call.key);
          else await this.shared?.obey(call);
        },
      }),
      admit: (request) => this.admit(request),
      isPeerAddress: (address) => this.addresses.has(address),
    };
  }

  private admit(request: IncomingMessage): string | undefined {
    const signed = { method: request.method ?? '', path: request.url ?? '' };
    const name = this.signatures.check(signed, request.headers);
    if (name !== undefined) this.note(request.socket.remoteAddress ?? '');
    return name;
  }

  /** Machines may move to other addresses, so the oldest one is forgotten. */
  private note(address: string): void {
    this.addresses.delete(address);
    this.addresses.add(address);
    const [oldest] = this.addresses;
    if (this.addresses.size > mostAddresses && oldest !== undefined) this.addresses.delete(oldest);
  }

  private shareable(): { readonly id: string; readonly only: string | undefined }[] {
    const configs = [...(this.local?.configs ?? [])].filter(([, config]) => isShared(config));
    return configs.map(([id, { machine }]) => ({ id, only: machine }));
  }

  private get others(): ClusterView['machines'] {
    return (this.membership?.view.machines ?? []).filter(({ name }) => name !== this.name);
  }

  private async askOthers(): Promise<ClusterView | undefined> {
    const asked = this.others.map((machine) => this.client.ask(machine, '/cluster/view'));
    const answers = await Promise.allSettled(asked);
    const views = answers.flatMap((answer) =>
      answer.status === 'fulfilled' && answer.value !== null ? [answer.value as ClusterView] : [],
    );
    return views[0];
  }

  private tellSignedOut(key: string): void {
    for (const machine of this.others)
      void this.client.ask(machine, '/cluster/call', { kind: 'signed out', key }).catch((err: unknown) => {
        this.options.log.warn(
          { machine: machine.name, err },
          'this machine does not know that a user signed out',
        );
      });
  }
}

/** Addresses of other machines that are remembered. */
const mostAddresses = 1000;

/** `ws://host` becomes `ws://host:8600`. */
function withPort(address: string, port: number): string {
  return /:\d+$/.test(address) ? address : `${address}:${port}`;
}
