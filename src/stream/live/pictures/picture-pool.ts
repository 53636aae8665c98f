import { sameSize, type SizePx } from '../../../frame.ts';
import type { Picture } from './picture.ts';

/** Memory for pictures of one size. */
export interface PictureMemory {
  readonly memory: SharedArrayBuffer;
  readonly size: SizePx;
}

/** Bytes of a 4:2:0 picture with even sides. */
function pictureBytes({ widthPx, heightPx }: SizePx): number {
  return (widthPx * heightPx * 3) / 2;
}

/**
 * A bounded number of picture buffers, which are used again and again. When the size changes, the pool makes new ones.
 */
export class PictureBuffers {
  private readonly capacity: number;
  private free: PictureMemory[] = [];
  private made = 0;
  private size: SizePx = { widthPx: 0, heightPx: 0 };

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Returns a buffer with undefined content; undefined if all are in use. */
  acquire(size: SizePx): PictureMemory | undefined {
    if (!sameSize(size, this.size)) {
      this.size = size;
      this.free = [];
      this.made = 0;
    }
    const known = this.free.pop();
    if (known) return known;
    if (this.made >= this.capacity) return undefined;
    this.made++;
    return { memory: new SharedArrayBuffer(pictureBytes(size)), size };
  }

  /** Takes back a buffer that did not become a picture, or that the last owner of a picture has released. */
  release(memory: PictureMemory): void {
    if (sameSize(memory.size, this.size)) this.free.push(memory);
  }

  /** Makes a picture of a buffer, with one reference, which the caller owns. */
  picture(
    memory: PictureMemory,
    about: Pick<
      Picture,
      'camera' | 'sequence' | 'capturedMs' | 'isRepeat' | 'isOwnColor' | 'isReduced' | 'jpeg'
    >,
  ): Picture {
    let references = 1;
    const release = (): void => {
      references--;
      if (references === 0) this.release(memory);
      else if (references < 0) throw new RangeError('a picture was released too often');
    };
    return {
      ...about,
      size: memory.size,
      data: new Uint8Array(memory.memory),
      retain: () => {
        if (references <= 0) throw new RangeError('a picture was retained after its release');
        references++;
      },
      release,
    };
  }
}
