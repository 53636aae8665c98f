import type { Observable } from 'rxjs';
import type { SizePx } from '../../../frame.ts';
import type { AccessUnit } from './access-unit.ts';

export type { AccessUnit };

/** What Media Source Extensions are fed with. */
export interface VideoFragment {
  readonly isKeyframe: boolean;
  readonly sequence: number;
  readonly capturedMs: number;
  readonly size: SizePx;
  /** `moof` and `mdat` of one picture. */
  readonly data: Uint8Array;
  /** `ftyp` and `moov` that this fragment belongs to; the same object until the encoder was started anew. */
  readonly init: VideoInit;
}

export interface VideoInit {
  /** `video/mp4; codecs="avc1.42C01F"` */
  readonly mimeType: string;
  readonly data: Uint8Array;
}

/** A camera as H.264: one encoder for all who watch, only while somebody does. Observables are shared. */
export interface VideoStream {
  readonly accessUnits$: Observable<AccessUnit>;
  readonly fragments$: Observable<VideoFragment>;
}
