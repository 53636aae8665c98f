import { combineLatest, distinctUntilChanged, map, of, startWith, switchMap, type Observable } from 'rxjs';
import type { EncodedPicture } from '../../live/camera-feed.ts';
import type { Principal } from '../server/access/grants.ts';
import { servedHeight } from './heights.ts';
import type { CurrentConfig } from '../server/current-config.ts';
import type { VisibleCameras } from '../server/access/visible-cameras.ts';

/** Which JPEGs of a camera somebody asks for. */
export interface JpegRequest {
  readonly camera: string;
  /** Undefined: as high as allowed. */
  readonly heightPx: number | undefined;
  /** Whether the visible mark is drawn in, if the config wants one. */
  readonly isForStrangers: boolean;
}

/**
 * A camera's JPEGs. Changes of the camera and of the height limit are followed.
 * @returns emits undefined when the camera no longer exists for the principal; pictures that wait must not be shown then
 */
export function requestedJpegs$(
  viewer: {
    readonly cameras: VisibleCameras;
    readonly settings: CurrentConfig;
    readonly principal: Principal;
  },
  request: JpegRequest,
): Observable<EncodedPicture | undefined> {
  const { cameras, settings, principal } = viewer;
  const heightPx$ = settings.changes$.pipe(
    startWith(undefined),
    map(() => servedHeight(request.heightPx, settings.publish.maxHeightPx)),
    distinctUntilChanged(),
  );
  return combineLatest([cameras.feed$(principal, request.camera), heightPx$]).pipe(
    // The pipeline decides whether a mark is drawn. The OFFLINE card is always drawn.
    switchMap(
      ([feed, heightPx]) => feed?.jpegs$({ heightPx, isMarked: request.isForStrangers }) ?? of(undefined),
    ),
  );
}
