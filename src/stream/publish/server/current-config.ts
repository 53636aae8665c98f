import { Subject, type Observable } from 'rxjs';
import type { Config } from '../../../config/schema.ts';

/** The parts of the config that the publisher uses. */
export interface PublishConfig {
  readonly server: Config['server'];
  readonly publish: Config['publish'];
}

/** The config in force, and a signal for each change. */
export class CurrentConfig {
  private config: PublishConfig;
  private readonly changed$ = new Subject<void>();
  /** Fires after each change of the config and when a session ends. Rights must then be checked again. */
  readonly changes$: Observable<void> = this.changed$.asObservable();

  constructor(config: PublishConfig) {
    this.config = config;
  }

  get server(): Config['server'] {
    return this.config.server;
  }

  get publish(): Config['publish'] {
    return this.config.publish;
  }

  replace(config: PublishConfig): void {
    this.config = config;
    this.announce();
  }

  announce(): void {
    this.changed$.next();
  }
}
