import { distinctUntilChanged, map, merge, startWith, type Observable } from 'rxjs';
import type { CameraDirectory, CameraFeed } from '../../../live/camera-feed.ts';
import { grantOf, type Grant, type Principal } from './grants.ts';
import type { CurrentConfig } from '../current-config.ts';

/** The cameras that a principal may see. For everyone else they do not exist. */
export class VisibleCameras {
  private readonly directory: CameraDirectory;
  private readonly settings: CurrentConfig;
  private readonly changes$: Observable<unknown>;

  constructor(directory: CameraDirectory, settings: CurrentConfig) {
    this.directory = directory;
    this.settings = settings;
    this.changes$ = merge(directory.changes$, settings.changes$);
  }

  /** @returns undefined if the principal no longer has any rights */
  grant(principal: Principal): Grant | undefined {
    return grantOf(this.settings.server.users, principal);
  }

  feeds(principal: Principal): readonly CameraFeed[] {
    const grant = this.grant(principal);
    return grant === undefined ? [] : this.directory.feeds.filter(({ id }) => grant.maySee(id));
  }

  feed(principal: Principal, id: string): CameraFeed | undefined {
    return this.grant(principal)?.maySee(id) === true ? this.directory.feed(id) : undefined;
  }

  /** The camera, now and after each change; undefined while it does not exist for the principal. */
  feed$(principal: Principal, id: string): Observable<CameraFeed | undefined> {
    return this.changes$.pipe(
      startWith(undefined),
      map(() => this.feed(principal, id)),
      distinctUntilChanged(),
    );
  }

  /** All visible cameras, now and after each change of the list. */
  feeds$(principal: Principal): Observable<readonly CameraFeed[]> {
    return this.changes$.pipe(
      startWith(undefined),
      map(() => this.feeds(principal)),
      distinctUntilChanged((a, b) => a.length === b.length && a.every((feed, i) => feed === b[i])),
    );
  }

  /** The rights now and after each change. */
  grant$(principal: Principal): Observable<Grant | undefined> {
    return this.changes$.pipe(
      startWith(undefined),
      map(() => this.grant(principal)),
    );
  }
}
