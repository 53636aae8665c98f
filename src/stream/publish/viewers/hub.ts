import type { Metrics, ViewerKind } from '../../live/metrics.ts';
import type { Principal } from '../server/access/grants.ts';

/** What is known of somebody who watches. */
export interface ViewerReport {
  readonly kind: 'websocket' | 'mjpeg' | 'original';
  readonly user: string | undefined;
  readonly address: string;
  readonly cameras: readonly string[];
  /** Bytes that wait in the process for this viewer's socket. */
  readonly bufferedBytes: number;
}

/** Somebody who watches, by whatever protocol. */
export interface Peer {
  readonly principal: Principal;
  readonly report: ViewerReport;
  /** Called every second or so: is the connection alive? */
  sweep(): void;
  /** Ends it politely, with a WebSocket close code where there is one. Repeatable. */
  close(code: number, reason: string): void;
  /** Cuts it. */
  terminate(): void;
}

export interface HubOptions {
  readonly sweepMs: number;
  readonly metrics: Metrics;
  /** Whether somebody who came once may still watch: sessions end by time alone too. */
  readonly isPermitted: (principal: Principal) => boolean;
}

/** All who watch. One timer looks after them. */
export class Hub implements Disposable {
  private readonly peers = new Set<Peer>();
  private readonly timer: NodeJS.Timeout;
  private readonly options: HubOptions;

  constructor(options: HubOptions) {
    this.options = options;
    this.timer = setInterval(() => this.sweep(), options.sweepMs);
  }

  get size(): number {
    return this.peers.size;
  }

  get reports(): readonly ViewerReport[] {
    return [...this.peers].map(({ report }) => report);
  }

  add(peer: Peer): void {
    this.peers.add(peer);
  }

  delete(peer: Peer): void {
    this.peers.delete(peer);
  }

  /** Counts a camera that somebody watches. @returns how to count it out again; repeatable */
  watching(camera: string, kind: ViewerKind): () => void {
    const { viewers } = this.options.metrics;
    viewers.inc({ camera, kind });
    let isOver = false;
    return () => {
      if (!isOver) viewers.dec({ camera, kind });
      isOver = true;
    };
  }

  closeAll(code: number, reason: string): void {
    for (const peer of this.peers) peer.close(code, reason);
  }

  [Symbol.dispose](): void {
    clearInterval(this.timer);
    for (const peer of this.peers) peer.terminate();
  }

  private sweep(): void {
    for (const peer of this.peers) {
      if (!this.options.isPermitted(peer.principal)) peer.close(1008, 'no longer permitted');
      peer.sweep();
    }
  }
}
