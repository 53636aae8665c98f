/** What an output's packet is told apart from: the picture that it was made of. */
export interface PictureFacts {
  readonly sequence: number;
  readonly capturedMs: number;
}

/** Pictures at most that an encoder may hold; more only if it says nothing of them. */
const capacity = 256;

/** Pictures that went into an encoder and have not come out, in order, by their time. */
export class PendingPictures {
  private pictures: { readonly ticks: number; readonly facts: PictureFacts }[] = [];

  add(ticks: number, facts: PictureFacts): void {
    if (this.pictures.length === capacity) this.pictures.shift();
    this.pictures.push({ ticks, facts });
  }

  /** The picture of a time; those before it are forgotten. undefined when there is none of this time. */
  take(ticks: number): PictureFacts | undefined {
    const index = this.pictures.findIndex((picture) => picture.ticks >= ticks);
    if (index < 0) return undefined;
    const found = this.pictures[index];
    this.pictures = this.pictures.slice(index);
    return found?.ticks === ticks ? found.facts : undefined;
  }
}
