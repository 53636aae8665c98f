import type { Metrics } from '../../live/metrics.ts';
import type { Logger } from '../../../log/log.ts';

export interface RefusedConnectionsOptions {
  readonly server: 'http' | 'rtsp';
  readonly metrics: Metrics;
  readonly log: Pick<Logger, 'warn'>;
  /** At most one line is logged in this time; default 10 s. */
  readonly quietMs?: number;
}

/** Counts connections that a limit refuses, and logs them at a bounded rate: a flood must not fill the disk. */
export class RefusedConnections implements Disposable {
  private readonly options: RefusedConnectionsOptions;
  private timer: NodeJS.Timeout | undefined;
  private unsaid = 0;
  private last = { address: '', reason: '' };

  constructor(options: RefusedConnectionsOptions) {
    this.options = options;
  }

  /** Counts one refused connection. */
  note(address: string, reason: string): void {
    this.options.metrics.connectionsRefused.inc({ server: this.options.server });
    this.unsaid++;
    this.last = { address, reason };
    if (this.timer === undefined) this.say();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.timer);
  }

  private say(): void {
    this.timer = undefined;
    if (this.unsaid === 0) return;
    const { server, log, quietMs = 10_000 } = this.options;
    log.warn({ server, count: this.unsaid, ...this.last }, 'connections refused');
    this.unsaid = 0;
    this.timer = setTimeout(() => this.say(), quietMs);
    this.timer.unref();
  }
}
