/** Identifies the picture that a packet was made from. */
export interface PictureFacts {
  readonly sequence: number;
  readonly capturedMs: number;
}

/** How many pictures an encoder may hold. More means that it lost some. */
const capacity = 256;

/** The pictures that an encoder has received but not yet returned, in order, by their time. */
export class PendingPictures {
  private pictures: { readonly ticks: number; readonly facts: PictureFacts }[] = [];

  add(ticks: number, facts: PictureFacts): void {
    if (this.pictures.length === capacity) this.pictures.shift();
    this.pictures.push({ ticks, facts });
  }

  /** Takes the picture with this time and discards those before it. Undefined if there is none. */
  take(ticks: number): PictureFacts | undefined {
    const index = this.pictures.findIndex((picture) => picture.ticks >= ticks);
    if (index < 0) return undefined;
    const found = this.pictures[index];
    this.pictures = this.pictures.slice(index);
    return found?.ticks === ticks ? found.facts : undefined;
  }
}
