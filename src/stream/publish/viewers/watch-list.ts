import { NEVER, switchMap } from 'rxjs';
import { FragmentLane } from './fragment-lane.ts';
import { servedHeight } from './heights.ts';
import { JpegLane } from './jpeg-lane.ts';
import type { Lane, LaneContext } from './lane.ts';
import type { Outbox } from './outbox.ts';
import type { StreamWish } from './protocol.ts';
import type { ViewerContext } from '../server/publish-context.ts';
import { Rotation } from './rotation.ts';
import { wishedJpegs$ } from './wished-jpegs.ts';

/** What one viewer watches: a lane for each wish whose camera exists for the viewer, open only as long as wished. */
export class WatchList implements Disposable {
  private readonly context: ViewerContext;
  private readonly outbox: Outbox;
  private readonly rotation = new Rotation<Lane>();
  private readonly lanes = new Map<string, { readonly lane: Lane; readonly countOut: () => void }>();
  private wishes: readonly StreamWish[] = [];

  constructor(context: ViewerContext, outbox: Outbox) {
    this.context = context;
    this.outbox = outbox;
  }

  /** Cameras that are watched. */
  get cameras(): readonly string[] {
    return [...this.lanes.keys()];
  }

  /**
   * Takes the place of the last list; streams that stay as they were are not interrupted.
   * @returns the cameras that do not exist for the viewer; they come as soon as they do
   */
  set(wishes: readonly StreamWish[]): readonly string[] {
    this.wishes = wishes;
    this.follow();
    return wishes.map(({ camera }) => camera).filter((camera) => !this.lanes.has(camera));
  }

  /** To be called when the cameras that exist for the viewer have changed. */
  follow(): void {
    const { cameras, principal } = this.context;
    const open = this.wishes.filter(({ camera }) => cameras.feed(principal, camera) !== undefined);
    for (const [camera, { lane }] of this.lanes)
      if (!open.some((wish) => isSame(wish, lane.wish))) this.leave(camera);
    for (const wish of open) if (!this.lanes.has(wish.camera)) this.enter(wish);
    this.rotation.set([...this.lanes.values()].map(({ lane }) => lane));
    this.rotation.run();
  }

  /** Hands over what waits, as far as there is room. */
  run(): void {
    this.rotation.run();
  }

  [Symbol.dispose](): void {
    this.wishes = [];
    this.rotation.set([]);
    for (const camera of this.cameras) this.leave(camera);
  }

  private enter(wish: StreamWish): void {
    const countOut = this.context.hub.watching(wish.camera, wish.mode);
    this.lanes.set(wish.camera, { lane: this.open(wish), countOut });
  }

  private leave(camera: string): void {
    const entry = this.lanes.get(camera);
    this.lanes.delete(camera);
    entry?.lane[Symbol.dispose]();
    entry?.countOut();
  }

  private open(wish: StreamWish): Lane {
    const { cameras, principal, settings, options, metrics, nowMs } = this.context;
    const { camera, heightPx } = wish;
    const onReady = (): void => this.rotation.run();
    const onError = (err: unknown): void => options.log.error({ camera, err }, 'a stream failed');
    const lane: LaneContext = { wish, outbox: this.outbox, metrics, nowMs, onReady, onError };
    if (wish.mode === 'jpeg') {
      const jpegWish = { camera, heightPx, isForStrangers: false };
      return new JpegLane(lane, wishedJpegs$(cameras, settings, principal, jpegWish));
    }
    const fragments$ = cameras
      .feed$(principal, camera)
      .pipe(switchMap((feed) => (feed === undefined ? NEVER : options.videoOf(feed).fragments$)));
    return new FragmentLane(lane, fragments$);
  }
}

/** Whether a lane may stay: H.264 has one size and all pictures; of JPEGs neighbouring heights are made as one. */
function isSame(a: StreamWish, b: StreamWish): boolean {
  if (a.camera !== b.camera || a.mode !== b.mode) return false;
  if (a.mode === 'fmp4') return true;
  return a.fps === b.fps && servedHeight(a.heightPx, Infinity) === servedHeight(b.heightPx, Infinity);
}
