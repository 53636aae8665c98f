/** The metadata of a still: author, date, place, resolution, colour profile. */
import type { SizePx } from '../../../../frame.ts';
import type { TiffDirectory } from './tiff-tags.ts';

/** One chunk of a PNG. */
export interface PngChunk {
  /** Four letters. */
  readonly type: string;
  readonly data: Uint8Array;
}

/** The metadata that goes into the coloured still. */
export interface StillMetadata {
  /** Only descriptive tags, none about how pixels are stored. */
  readonly exif: TiffDirectory;
  /** The whole packet. */
  readonly xmp: string | undefined;
  /** A profile of R'G'B' pixels. */
  readonly icc: Uint8Array | undefined;
  /** Photoshop's resources, including IPTC, as in a JPEG but without the header. */
  readonly photoshop: Uint8Array | undefined;
  /** Pixels per inch. */
  readonly density: number | undefined;
  /** Texts, time, gamma and resolution of a PNG. */
  readonly pngChunks: readonly PngChunk[];
  readonly jpegComments: readonly Uint8Array[];
}

/** Metadata in the form that is written to a file. */
export interface WrittenMetadata extends Pick<
  StillMetadata,
  'icc' | 'photoshop' | 'density' | 'pngChunks' | 'jpegComments'
> {
  /** undefined: there is nothing to store */
  readonly exif: TiffDirectory | undefined;
  readonly xmp: string;
  /** Of one page. */
  readonly size: SizePx;
  readonly hasAlpha: boolean;
}
