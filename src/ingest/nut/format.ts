/**
 * The constants and types of the NUT container that reader and writer share.
 * @see NUT Open Container Format, https://ffmpeg.org/~michael/nut.txt
 */
import type { Rational } from '../../frame.ts';

/** The first bytes of every NUT file. */
export const fileId = new TextEncoder().encode('nut/multimedia container\0');

/** Eight bytes that begin a packet of each kind. */
export const startCodes = {
  main: 0x4e4d7a561f5f04adn,
  stream: 0x4e5311405bf2f9dbn,
  syncpoint: 0x4e4be4adeeca4569n,
  index: 0x4e58dd672f23e64en,
  info: 0x4e49ab68b596ba78n,
} as const;

/** Bits of a frame's flags. */
export const frameFlags = {
  key: 1,
  endOfRelevance: 2,
  codedPts: 8,
  streamId: 16,
  sizeMsb: 32,
  checksum: 64,
  reserved: 128,
  sideData: 256,
  headerIndex: 1024,
  matchTime: 2048,
  coded: 4096,
  invalid: 8192,
} as const;

/** The byte `N` starts a start code, so it is not a frame code. */
export const letterN = 0x4e;

/** Header packets longer than this many bytes have a separate checksum of their first bytes. */
export const longPacketBytes = 4096;

/** The largest distance between syncpoints that ffmpeg's reader accepts, bytes. */
export const maxDistanceBytes = 65_536;

export const streamClasses = ['video', 'audio', 'subtitle', 'data'] as const;
export type NutStreamClass = (typeof streamClasses)[number];

/** What a NUT stream header contains. */
export interface NutStream {
  readonly index: number;
  readonly streamClass: NutStreamClass;
  /** fourcc; for raw video it names the pixel format (see `raw-tags.ts`) */
  readonly codecTag: Uint8Array;
  /** One tick in seconds. */
  readonly timeBase: Rational;
  /** Frames that a decoder holds back to reorder them (B-frames). */
  readonly decodeDelay: number;
  /** extradata of the codec; empty for raw video */
  readonly codecData: Uint8Array;
  /** 0 if the stream is not video */
  readonly widthPx: number;
  readonly heightPx: number;
  /** Width divided by height of one sample; 0/0 = unknown. */
  readonly sampleAspect: Rational;
  /** 0 unknown, 1 bt601, 2 bt709, 17 bt601 full range, 18 bt709 full range */
  readonly colorspace: number;
}
