import { retry, Subject, Subscription, tap, timer, type Observable } from 'rxjs';
import type { CameraStatus } from '../../../ingest/live/camera-status.ts';
import type { ServerMessage } from '../../publish/protocol.ts';
import type { PeerClient, PeerMachine } from './peer-client.ts';

/** Pause before a lost machine is tried again, ms. */
const retryMs = 1000;

interface Link {
  readonly peer: PeerMachine;
  readonly work: Subscription;
  statuses: ReadonlyMap<string, CameraStatus>;
  /** Why there is no connection; undefined: there is one. */
  problem: string | undefined;
}

/** The states of the cameras of other machines, by one WebSocket to each machine. */
export class PeerStates implements Disposable {
  /** Fires when the states of a machine's cameras have changed; it names the machine. */
  readonly changes$: Observable<string>;
  private readonly client: PeerClient;
  private readonly links = new Map<string, Link>();
  private readonly changed$ = new Subject<string>();

  constructor(client: PeerClient) {
    this.client = client;
    this.changes$ = this.changed$.asObservable();
  }

  /** Connects to these machines and to no others. */
  follow(peers: readonly PeerMachine[]): void {
    for (const [name, { peer, work }] of this.links) {
      if (peers.some((other) => other.name === name && other.address === peer.address)) continue;
      work.unsubscribe();
      this.links.delete(name);
    }
    for (const peer of peers) if (!this.links.has(peer.name)) this.open(peer);
  }

  /** The last known state of a camera. */
  status(machine: string, camera: string): CameraStatus | undefined {
    return this.links.get(machine)?.statuses.get(camera);
  }

  /** Why there is no connection to a machine; undefined: there is one, or none is needed. */
  problem(machine: string): string | undefined {
    return this.links.get(machine)?.problem;
  }

  [Symbol.dispose](): void {
    this.follow([]);
    this.changed$.complete();
  }

  private open(peer: PeerMachine): void {
    const link: Link = { peer, work: new Subscription(), statuses: new Map(), problem: undefined };
    this.links.set(peer.name, link);
    const messages$ = this.client.socket$(peer, '/cluster/states').pipe(
      tap((message) => {
        if (message.kind === 'text') this.take(link, message.message as ServerMessage);
      }),
      retry({
        delay: (error) => {
          link.problem = (error as Error).message;
          this.changed$.next(peer.name);
          return timer(retryMs);
        },
      }),
    );
    link.work.add(messages$.subscribe());
  }

  private take(link: Link, message: ServerMessage): void {
    if (message.type === 'cameras')
      link.statuses = new Map(message.cameras.map((status) => [status.id, status]));
    else if (message.type === 'status')
      link.statuses = new Map(link.statuses).set(message.status.id, message.status);
    else return;
    link.problem = undefined;
    this.changed$.next(link.peer.name);
  }
}
