import type { PictureHeader } from '../../publish/protocol.ts';

/** Shows a picture. The source is valid only during the call. */
export type ShowPicture = (
  source: CanvasImageSource,
  size: { readonly widthPx: number; readonly heightPx: number },
  capturedMs: number,
) => void;

/** Plays one camera's stream, as JPEG or as video. */
export interface Player {
  accept(header: PictureHeader, payload: Uint8Array<ArrayBuffer>): void;
  /** How many pictures were replaced by newer ones. */
  readonly dropped: number;
  close(): void;
}

interface Decoded {
  readonly source: ImageBitmap | HTMLImageElement;
  readonly header: PictureHeader;
  free(): void;
}

/** Decodes JPEGs one at a time and shows the newest at each screen refresh. No queue: two slots, the newest wins. */
export class JpegPlayer implements Player {
  readonly #show: ShowPicture;
  #waiting: { readonly header: PictureHeader; readonly jpeg: Blob } | undefined;
  #ready: Decoded | undefined;
  #isDecoding = false;
  #isClosed = false;
  #dropped = 0;

  constructor(show: ShowPicture) {
    this.#show = show;
  }

  get dropped(): number {
    return this.#dropped;
  }

  accept(header: PictureHeader, payload: Uint8Array<ArrayBuffer>): void {
    if (header.kind !== 'jpeg' || this.#isClosed) return;
    if (this.#waiting !== undefined) this.#dropped++;
    this.#waiting = { header, jpeg: new Blob([payload], { type: 'image/jpeg' }) };
    if (!this.#isDecoding) void this.#decodeAll();
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting = undefined;
    this.#ready?.free();
    this.#ready = undefined;
  }

  async #decodeAll(): Promise<void> {
    this.#isDecoding = true;
    while (this.#waiting !== undefined) {
      const { header, jpeg } = this.#waiting;
      this.#waiting = undefined;
      const decoded = await decode(header, jpeg).catch(() => undefined); // damaged pictures are not shown
      if (decoded === undefined) this.#dropped++;
      else this.#offer(decoded);
    }
    this.#isDecoding = false;
  }

  #offer(decoded: Decoded): void {
    if (this.#isClosed) {
      decoded.free();
      return;
    }
    const isScheduled = this.#ready !== undefined;
    if (this.#ready !== undefined) {
      this.#ready.free();
      this.#dropped++;
    }
    this.#ready = decoded;
    // A hidden tab does not refresh the screen, but its picture-in-picture window continues.
    if (document.hidden) this.#paint();
    else if (!isScheduled) {
      requestAnimationFrame(() => this.#paint());
    }
  }

  #paint(): void {
    const decoded = this.#ready;
    if (decoded === undefined) return;
    this.#ready = undefined;
    this.#show(decoded.source, decoded.header.size, decoded.header.capturedMs);
    decoded.free();
  }
}

async function decode(header: PictureHeader, jpeg: Blob): Promise<Decoded> {
  if (typeof createImageBitmap === 'function') {
    const source = await createImageBitmap(jpeg, { colorSpaceConversion: 'none' });
    const free = () => source.close();
    return { source, header, free };
  }
  const source = new Image();
  source.src = URL.createObjectURL(jpeg);
  const free = () => URL.revokeObjectURL(source.src);
  await source.decode().catch((cause: unknown) => {
    free();
    throw cause;
  });
  return { source, header, free };
}
