import type { SizePx } from '../../frame.ts';

/** The form of a frame according to ffmpeg's `showinfo`. */
export interface PictureForm {
  readonly size: SizePx;
  /** The pixel's aspect ratio: `16/15`. */
  readonly aspect: string;
  /** `P`: progressive; `T`, `B`: interlaced, top or bottom field first. */
  readonly fields: string;
}

const fieldNames: Readonly<Record<string, string>> = {
  P: 'progressive',
  T: 'interlaced, top field first',
  B: 'interlaced, bottom field first',
};

/** Finds changes of the picture inside a film, which the output can't follow. */
export class PictureWatch {
  private before: PictureForm | undefined;
  private readonly told = new Set<string>();

  /**
   * Takes the next frame.
   * @returns what has changed, in words; changes of pixel aspect and fields only the first time, because some films
   *   alternate
   */
  changes(form: PictureForm): string[] {
    const { before } = this;
    this.before = form;
    if (before === undefined) return [];
    const [from, to] = [nameOf(before.size), nameOf(form.size)];
    return [
      ...(from === to ? [] : [`the picture changes from ${from} to ${to}: it is scaled to its first size`]),
      ...(before.aspect === form.aspect ? [] : this.once('aspect', aspectText(before.aspect, form.aspect))),
      ...(before.fields === form.fields ? [] : this.once('fields', fieldsText(before.fields, form.fields))),
    ];
  }

  private once(kind: string, text: string): string[] {
    if (this.told.has(kind)) return [];
    this.told.add(kind);
    return [text];
  }
}

function aspectText(from: string, to: string): string {
  return `the shape of its pixels changes from ${from} to ${to}: players show all of it with the first one`;
}

function fieldsText(from: string, to: string): string {
  const name = (fields: string): string => fieldNames[fields] ?? fields;
  return `the film changes from ${name(from)} to ${name(to)}: each frame is coloured and marked as it is`;
}

function nameOf({ widthPx, heightPx }: SizePx): string {
  return `${widthPx}x${heightPx}`;
}
