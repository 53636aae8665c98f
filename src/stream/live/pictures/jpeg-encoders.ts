import type { SizePx } from '../../../frame.ts';
import type { PixelPool } from '../../pixels/pixel-pool.ts';
import type { Picture } from './picture.ts';

/** A picture to encode. */
interface Encoded extends Pick<Picture, 'data'> {
  readonly size: SizePx;
}

/**
 * Makes JPEGs in the pixel threads. A camera's JPEG is made together with its picture (`RenditionTask.jpegQuality`); this
 * class makes those of pictures that were changed afterwards, by the visible mark or the OFFLINE card.
 */
export class JpegEncoders {
  /** As ffmpeg's `-q:v`, 2 (best) to 31. */
  readonly quality: number;
  private readonly pixels: Pick<PixelPool, 'jpeg'>;

  constructor(quality: number, pixels: Pick<PixelPool, 'jpeg'>) {
    this.quality = quality;
    this.pixels = pixels;
  }

  /**
   * @param picture - must not change until the promise settles
   * @throws whatever ends a pixel thread
   */
  encode({ data, size }: Encoded): Promise<Uint8Array> {
    return this.pixels.jpeg({ memory: sharedMemoryOf(data), size, quality: this.quality });
  }
}

function sharedMemoryOf(data: Uint8Array): SharedArrayBuffer {
  const { buffer, byteOffset, byteLength } = data;
  if (buffer instanceof SharedArrayBuffer && byteOffset === 0) return buffer;
  const memory = new SharedArrayBuffer(byteLength);
  new Uint8Array(memory).set(data);
  return memory;
}
