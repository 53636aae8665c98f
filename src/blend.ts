/** A second model, and how much of the colour is its. */
export interface Blend {
  /** its name or folder */
  readonly model: string;
  /** 0..1, without both ends */
  readonly share: number;
}

/** `NAME=SHARE`, such as `ddcolor=0.5`. */
export const blendPattern = /^([^=]+)=(0?\.(?=\d*[1-9])\d{1,6})$/;

/**
 * Reads `NAME=SHARE`.
 * @returns undefined if the text has another form
 */
export function parseBlend(text: string): Blend | undefined {
  const [, model, share] = blendPattern.exec(text) ?? [];
  return model === undefined ? undefined : { model, share: Number(share) };
}
