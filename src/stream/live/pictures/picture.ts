import type { SizePx } from '../../../frame.ts';

/**
 * One coloured picture of a camera at one size, shared by all of its subscribers.
 *
 * It starts with one reference, which the publisher releases once all subscribers have been called. A subscriber that
 * needs the picture for longer calls `retain()` immediately and `release()` later; its memory then serves another picture.
 */
export interface Picture {
  readonly camera: string;
  /** The number of the camera's frame, counted from the program's start. It is the same in all sizes. */
  readonly sequence: number;
  /** When ffmpeg had delivered the whole frame, ms since the epoch, with fractions. */
  readonly capturedMs: number;
  /** This is the last frame again, in another size or under other masks, because the camera is lost. */
  readonly isRepeat?: boolean;
  /** The colour is the camera's own, not the network's. */
  readonly isOwnColor?: boolean;
  /** It has fewer lines than were asked for, because its frame was reduced; larger ones follow soon. */
  readonly isReduced?: boolean;
  /** Even sides. */
  readonly size: SizePx;
  /** Y, Cb and Cr planes without padding, 4:2:0, full range, BT.601 (as in JPEG). */
  readonly data: Uint8Array;
  /** The picture as JPEG, if it was made with it. */
  readonly jpeg?: Uint8Array | undefined;
  retain(): void;
  release(): void;
}

/** What a subscriber asks for. */
export interface PictureRequest {
  /** Maximum height. The picture keeps its aspect and is never enlarged. */
  readonly heightPx: number;
  /** Whether the small visible mark is drawn in, and the OFFLINE card while the camera is lost. */
  readonly isMarked: boolean;
}
