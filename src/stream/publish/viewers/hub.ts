import type { Metrics, ViewerKind } from '../../live/metrics.ts';
import type { Principal } from '../server/access/grants.ts';

/** What the server knows about a viewer. */
export interface ViewerReport {
  readonly kind: 'websocket' | 'mjpeg' | 'original';
  readonly user: string | undefined;
  readonly address: string;
  readonly cameras: readonly string[];
  /** Bytes in this process that wait for the viewer's socket. */
  readonly bufferedBytes: number;
}

/** A viewer, by any protocol. */
export interface Peer {
  readonly principal: Principal;
  readonly report: ViewerReport;
  /** Called about every second: checks that the connection is alive. */
  sweep(): void;
  /** Closes the connection in order, with this code if it is a WebSocket. May be called again. */
  close(code: number, reason: string): void;
  /** Cuts the connection. */
  terminate(): void;
}

export interface HubOptions {
  readonly sweepMs: number;
  readonly metrics: Metrics;
  /** Whether a viewer may still watch. A session can end by time alone. */
  readonly isPermitted: (principal: Principal) => boolean;
}

/** All viewers, checked by one timer. */
export class Hub implements Disposable {
  private readonly all = new Set<Peer>();
  private readonly timer: NodeJS.Timeout;
  private readonly options: HubOptions;

  constructor(options: HubOptions) {
    this.options = options;
    this.timer = setInterval(() => this.sweep(), options.sweepMs);
  }

  /** The number of viewers, without other machines. */
  get size(): number {
    return this.all.size - this.peers;
  }

  /** The number of other machines' connections. */
  get peers(): number {
    return [...this.all].filter(({ principal }) => principal.by === 'peer').length;
  }

  get reports(): readonly ViewerReport[] {
    return [...this.all].map(({ report }) => report);
  }

  add(peer: Peer): void {
    this.all.add(peer);
  }

  delete(peer: Peer): void {
    this.all.delete(peer);
  }

  /** Counts one viewer of a camera. @returns a function that ends the count; it may be called again */
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
    for (const peer of this.all) peer.close(code, reason);
  }

  [Symbol.dispose](): void {
    clearInterval(this.timer);
    for (const peer of this.all) peer.terminate();
  }

  private sweep(): void {
    for (const peer of this.all) {
      if (!this.options.isPermitted(peer.principal)) peer.close(1008, 'no longer permitted');
      peer.sweep();
    }
  }
}
