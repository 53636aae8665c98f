import { combineLatest, distinctUntilChanged, map, of, startWith, switchMap, type Observable } from 'rxjs';
import type { EncodedPicture } from '../../live/camera-feed.ts';
import type { Principal } from '../server/access/grants.ts';
import { servedHeight } from './heights.ts';
import type { CurrentConfig } from '../server/current-config.ts';
import type { VisibleCameras } from '../server/access/visible-cameras.ts';

/** What somebody wants of a camera's JPEGs. */
export interface JpegRequest {
  readonly camera: string;
  /** Undefined: as high as allowed. */
  readonly heightPx: number | undefined;
  /** Whether the visible mark is drawn in where the config wants one. */
  readonly isForStrangers: boolean;
}

/**
 * A camera's JPEGs through everything that may happen meanwhile: a changed camera or height limit is followed.
 * @returns undefined when the camera ceases to exist for the principal: what waits is not to be shown any more
 */
export function requestedJpegs$(
  viewer: { readonly cameras: VisibleCameras; readonly settings: CurrentConfig; readonly principal: Principal },
  request: JpegRequest,
): Observable<EncodedPicture | undefined> {
  const { cameras, settings, principal } = viewer;
  const heightPx$ = settings.changes$.pipe(
    startWith(undefined),
    map(() => servedHeight(request.heightPx, settings.publish.maxHeightPx)),
    distinctUntilChanged(),
  );
  return combineLatest([cameras.feed$(principal, request.camera), heightPx$]).pipe(
    // Whether a mark is drawn is the pipeline's to know; the OFFLINE card is, in any case.
    switchMap(
      ([feed, heightPx]) => feed?.jpegs$({ heightPx, isMarked: request.isForStrangers }) ?? of(undefined),
    ),
  );
}
