import { NEVER, switchMap } from 'rxjs';
import { FragmentLane } from './fragment-lane.ts';
import { servedHeight, videoHeight } from './heights.ts';
import { JpegLane } from './jpeg-lane.ts';
import type { Lane, LaneContext } from './lane.ts';
import type { Outbox } from './outbox.ts';
import type { StreamRequest } from '../protocol.ts';
import type { ViewerContext } from '../publish-context.ts';
import { Rotation } from './rotation.ts';
import { requestedJpegs$ } from './requested-jpegs.ts';

/** What one viewer watches: one lane for each requested camera that exists for the viewer. */
export class WatchList implements Disposable {
  private readonly context: ViewerContext;
  private readonly outbox: Outbox;
  private readonly rotation = new Rotation<Lane>();
  private readonly lanes = new Map<string, { readonly lane: Lane; readonly countOut: () => void }>();
  private requests: readonly StreamRequest[] = [];

  constructor(context: ViewerContext, outbox: Outbox) {
    this.context = context;
    this.outbox = outbox;
  }

  /** Ids of the watched cameras. */
  get cameras(): readonly string[] {
    return [...this.lanes.keys()];
  }

  /**
   * Replaces the list. Streams that stay the same are not interrupted.
   * @returns the cameras that do not exist for the viewer; their streams start once they do
   */
  set(requests: readonly StreamRequest[]): readonly string[] {
    this.requests = requests;
    this.follow();
    return requests.map(({ camera }) => camera).filter((camera) => !this.lanes.has(camera));
  }

  /** Call it when the set of cameras that exist for the viewer has changed. */
  follow(): void {
    const { cameras, principal } = this.context;
    const open = this.requests.filter(({ camera }) => cameras.feed(principal, camera) !== undefined);
    for (const [camera, { lane }] of this.lanes)
      if (!open.some((request) => isSame(request, lane.request))) this.leave(camera);
    for (const request of open) if (!this.lanes.has(request.camera)) this.enter(request);
    this.rotation.set([...this.lanes.values()].map(({ lane }) => lane));
    this.rotation.run();
  }

  /** Sends what waits, as far as there is room. */
  run(): void {
    this.rotation.run();
  }

  [Symbol.dispose](): void {
    this.requests = [];
    this.rotation.set([]);
    for (const camera of this.cameras) this.leave(camera);
  }

  private enter(request: StreamRequest): void {
    const countOut = this.context.hub.watching(request.camera, request.mode);
    this.lanes.set(request.camera, { lane: this.open(request), countOut });
  }

  private leave(camera: string): void {
    const entry = this.lanes.get(camera);
    this.lanes.delete(camera);
    entry?.lane[Symbol.dispose]();
    entry?.countOut();
  }

  private open(request: StreamRequest): Lane {
    const { cameras, principal, settings, options, metrics, nowMs, isForStrangers = false } = this.context;
    const { camera, heightPx } = request;
    const onReady = (): void => this.rotation.run();
    const onError = (err: unknown): void =>
      options.log.error({ camera, err }, 'the stream of a camera failed');
    const lane: LaneContext = { request, outbox: this.outbox, metrics, nowMs, onReady, onError };
    if (request.mode === 'jpeg') {
      const jpegRequest = { camera, heightPx, isForStrangers };
      return new JpegLane(lane, requestedJpegs$({ cameras, settings, principal }, jpegRequest));
    }
    const fragments$ = cameras
      .feed$(principal, camera)
      .pipe(
        switchMap((feed) =>
          feed === undefined
            ? NEVER
            : options.videoOf(feed, videoHeight(heightPx, settings.publish.maxHeightPx)).fragments$,
        ),
      );
    return new FragmentLane(lane, fragments$);
  }
}

/** Whether a lane may stay: requests of nearby heights get the same height. */
function isSame(a: StreamRequest, b: StreamRequest): boolean {
  if (a.camera !== b.camera || a.mode !== b.mode) return false;
  if (a.mode === 'fmp4') return videoHeight(a.heightPx, Infinity) === videoHeight(b.heightPx, Infinity);
  return a.fps === b.fps && servedHeight(a.heightPx, Infinity) === servedHeight(b.heightPx, Infinity);
}
