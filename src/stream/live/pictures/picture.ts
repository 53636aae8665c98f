import type { SizePx } from '../../../frame.ts';

/**
 * One coloured picture of a camera at one size, shared by everybody who wants it.
 *
 * It is born with one reference, the publisher's, which is given back after all subscribers were told. Who needs it
 * beyond that call `retain()`s at once and `release()`s later; its memory is then used for another picture.
 */
export interface Picture {
  readonly camera: string;
  /** Counted for each camera from the program's start; of the camera's frame, so that sizes agree. */
  readonly sequence: number;
  /** When ffmpeg had handed over the whole frame, ms since the epoch, with fractions. */
  readonly capturedMs: number;
  /** The last frame once more, while the camera is lost: in a size that is wanted now, or under other masks. */
  readonly isRepeat?: boolean;
  /** The colour is the camera's own, not the network's. */
  readonly isOwnColor?: boolean;
  /** Even sides. */
  readonly size: SizePx;
  /** Y, Cb, Cr planes without padding, 4:2:0, full range, BT.601 (as JPEG has it). */
  readonly data: Uint8Array;
  retain(): void;
  release(): void;
}

/** What a subscriber wants of a camera's pictures. */
export interface PictureRequest {
  /** Height at most; the picture keeps its aspect and is never enlarged. */
  readonly heightPx: number;
  /** With the small visible mark (and, while the camera is lost, the OFFLINE card) drawn in. */
  readonly isMarked: boolean;
}
