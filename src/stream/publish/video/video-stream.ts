import type { Observable } from 'rxjs';
import type { SizePx } from '../../../frame.ts';
import type { AccessUnit } from './access-unit.ts';

export type { AccessUnit };

/** A fragment for Media Source Extensions. */
export interface VideoFragment {
  readonly isKeyframe: boolean;
  readonly sequence: number;
  readonly capturedMs: number;
  readonly size: SizePx;
  /** `moof` and `mdat` of one picture. */
  readonly data: Uint8Array;
  /** The `ftyp` and `moov` of this fragment; the same object until the encoder restarts. */
  readonly init: VideoInit;
}

export interface VideoInit {
  /** `video/mp4; codecs="avc1.42C01F"` */
  readonly mimeType: string;
  readonly data: Uint8Array;
}

/** A camera as H.264: one encoder for all viewers, which runs only while somebody watches. Shared observables. */
export interface VideoStream {
  readonly accessUnits$: Observable<AccessUnit>;
  readonly fragments$: Observable<VideoFragment>;
}
