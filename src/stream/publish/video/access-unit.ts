/** One H.264 picture: its NAL units without start codes. */
export interface AccessUnit {
  /** SPS and PPS come before each keyframe. */
  readonly nals: readonly Uint8Array[];
  readonly isKeyframe: boolean;
  /** When ffmpeg had delivered the frame, ms since the epoch. */
  readonly capturedMs: number;
}
