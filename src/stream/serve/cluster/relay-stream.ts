import { filter, finalize, map, NEVER, Observable, retry, share, switchMap, tap, timer } from 'rxjs';
import type { SizePx } from '../../../frame.ts';
import { createClockOffset } from '../../dashboard/logic/clock-offset.ts';
import type { EncodedPicture } from '../../live/camera-feed.ts';
import { epochMs } from '../../live/epoch.ts';
import {
  decodeMessage,
  type PictureHeader,
  type ServerMessage,
  type StreamRequest,
} from '../../publish/protocol.ts';
import type { VideoFragment, VideoInit } from '../../publish/video/video-stream.ts';
import type { ClusterMetrics } from './cluster-metrics.ts';
import type { PeerClient, PeerMachine, PeerMessage } from './peer-client.ts';

/** Pause before a lost stream is tried again, ms. */
const retryMs = 1000;

export interface RelayOptions {
  readonly camera: string;
  readonly client: PeerClient;
  /** The machine that has the camera, now and after each change; undefined: none. */
  readonly owner$: Observable<PeerMachine | undefined>;
  readonly metrics: ClusterMetrics;
}

/** One picture as it came. */
interface Received {
  readonly header: PictureHeader;
  readonly payload: Uint8Array;
}

/**
 * A camera's pictures from the machine that has it, as the same bytes. One WebSocket serves all subscribers, while there
 * are any. The other machine keeps only the newest picture for a slow line, as for any viewer.
 */
export function relayedJpegs(
  options: RelayOptions,
  request: { readonly heightPx: number; readonly isMarked: boolean },
): Observable<EncodedPicture> {
  const { camera } = options;
  const path = `/cluster/watch/${camera}${request.isMarked ? '?marked=1' : ''}`;
  const received$ = received(options, path, { camera, mode: 'jpeg', heightPx: request.heightPx });
  return received$.pipe(
    filter((item) => 'header' in item),
    map(({ header, payload }) => ({
      camera,
      sequence: header.sequence,
      capturedMs: header.capturedMs,
      isRepeat: header.isRepeat === true,
      isOwnColor: header.isOwnColor === true,
      size: header.size,
      jpeg: payload,
    })),
  );
}

/** The same for H.264. A new subscriber makes the other machine send a keyframe. */
export function relayedFragments(options: RelayOptions, heightPx: number): Observable<VideoFragment> {
  const { camera } = options;
  const request: StreamRequest = { camera, mode: 'fmp4', heightPx };
  let mimeType = '';
  let init: VideoInit | undefined;
  return received(options, `/cluster/watch/${camera}`, request).pipe(
    tap((item) => {
      if ('mimeType' in item) mimeType = item.mimeType;
      else if (item.header.kind === 'fmp4-init') init = sameOrNew(init, mimeType, item.payload);
    }),
    filter((item) => 'header' in item && item.header.kind === 'fmp4-fragment'),
    map((item) => fragmentOf(item as Received, init)),
    filter((fragment) => fragment !== undefined),
  );
}

/** The same for the uncoloured picture as MPEG-TS. `size` holds its size once it is known. */
export function relayedOriginal(options: RelayOptions): {
  readonly chunks$: Observable<Uint8Array>;
  readonly size: SizePx | undefined;
} {
  let size: SizePx | undefined;
  const chunks$ = socket(options, `/cluster/original/${options.camera}`, () => undefined).pipe(
    map((message) => (message.kind === 'binary' ? new Uint8Array(message.bytes) : undefined)),
    filter((bytes) => bytes !== undefined),
    filter((bytes) => {
      const isHeader = bytes.length === 8 && Buffer.from(bytes.buffer).toString('latin1', 0, 4) === 'jsmp';
      const view = new DataView(bytes.buffer);
      if (isHeader) size = { widthPx: view.getUint16(4), heightPx: view.getUint16(6) };
      return !isHeader;
    }),
    share(),
  );
  return {
    chunks$,
    get size() {
      return size;
    },
  };
}

/** Pictures with their times by this machine's clock, and the type of the video. Shared. */
function received(
  options: RelayOptions,
  path: string,
  request: StreamRequest,
): Observable<Received | { readonly mimeType: string }> {
  let send: ((message: object) => void) | undefined;
  const watch = (): void => send?.({ type: 'watch', streams: [request] });
  const clock = createClockOffset();
  let askedMs = 0;
  const shared$ = socket(options, path, (open) => {
    send = open;
    watch();
    askedMs = epochMs();
    open({ type: 'time', id: 1 });
  }).pipe(
    map((message) => {
      if (message.kind === 'binary') return localTimes(decodeMessage(message.bytes), clock.offsetMs);
      const text = message.kind === 'text' ? (message.message as ServerMessage) : undefined;
      if (text?.type === 'time') clock.add(askedMs, text.serverMs, epochMs());
      return text?.type === 'format' ? { mimeType: text.mimeType } : undefined;
    }),
    filter((item) => item !== undefined),
    finalize(() => (send = undefined)),
    share(),
  );
  return new Observable((subscriber) => {
    // A stream that begins anew begins with the last picture, or with a keyframe.
    if (send !== undefined) {
      send({ type: 'watch', streams: [] });
      watch();
    }
    return shared$.subscribe(subscriber);
  });
}

/** Stays connected to whichever machine has the camera. */
function socket(
  { owner$, client, metrics, camera }: RelayOptions,
  path: string,
  onOpen: (send: (message: object) => void) => void,
): Observable<PeerMessage> {
  return owner$.pipe(
    switchMap((owner) =>
      owner === undefined
        ? NEVER
        : client.socket$(owner, path).pipe(
            tap((message) => {
              if (message.kind === 'open') metrics.relays.inc({ camera });
              if (message.kind === 'open') onOpen(message.send);
              if (message.kind === 'binary') metrics.countRelayed(camera, message.bytes.byteLength);
            }),
            retry({ delay: () => timer(retryMs) }),
          ),
    ),
  );
}

/** @param aheadMs - how far the other machine's clock is ahead of `epochMs`; undefined: not known yet */
function localTimes(
  message: ReturnType<typeof decodeMessage>,
  aheadMs: number | undefined,
): Received | undefined {
  if (message === undefined) return undefined;
  const { header, payload } = message;
  const capturedMs = aheadMs === undefined ? epochMs() : header.capturedMs - aheadMs;
  return { header: { ...header, capturedMs }, payload };
}

/** A viewer need not begin anew if the stream's beginning is sent again as it was. */
function sameOrNew(old: VideoInit | undefined, mimeType: string, data: Uint8Array): VideoInit {
  if (old?.mimeType === mimeType && Buffer.compare(old.data, data) === 0) return old;
  return { mimeType, data };
}

function fragmentOf({ header, payload }: Received, init: VideoInit | undefined): VideoFragment | undefined {
  const { isKeyframe, sequence, capturedMs, size } = header;
  return init && { isKeyframe, sequence, capturedMs, size, data: payload, init };
}
