import type { ClipFigure } from '../figures.ts';

/** A row of a table of means: a figure, or the distance of the mean colourfulness from the truth's. */
export type RowName = ClipFigure | 'distanceOfMeans';

/** How a figure is shown. */
export interface FigureText {
  readonly label: string;
  /** Digits after the decimal point. */
  readonly digits: number;
  /** Which values are good, for a reader who does not know the figure. */
  readonly aim: string;
  /** Factor for the value; default 1 */
  readonly scale?: number;
}

/** The name and form of every figure. `docs/evaluation.md` has formulas and pitfalls. */
export const figureTexts: Readonly<Record<RowName, FigureText>> = {
  psnrDb: { label: 'PSNR, dB', digits: 2, aim: 'higher is nearer to the truth' },
  ssim: { label: 'SSIM', digits: 4, aim: '1 is the truth' },
  ciede2000: { label: 'colour difference ΔE00', digits: 2, aim: '0 is the truth' },
  colourfulness: { label: 'colourfulness', digits: 1, aim: "the truth's is the aim" },
  colourfulnessDistance: { label: '- distance to truth, a file', digits: 1, aim: '0 is best' },
  distanceOfMeans: { label: '- distance of the means', digits: 1, aim: '0 is best' },
  cdc: { label: 'change of colour, CDC × 10⁵', digits: 1, aim: "the truth's is the aim", scale: 1e5 },
  flicker: { label: 'flicker where luma is still', digits: 3, aim: "not above the truth's" },
  movingPsnrDb: { label: 'moving pixels: PSNR, dB', digits: 2, aim: 'higher is nearer to the truth' },
  movingCiede2000: { label: 'moving pixels: ΔE00', digits: 2, aim: '0 is the truth' },
  movingColourfulness: { label: 'moving pixels: colourfulness', digits: 1, aim: "the truth's is the aim" },
  movingError: { label: 'moving pixels: a*b* error', digits: 2, aim: '0 is the truth' },
  movingChromaRatio: { label: 'moving pixels: chroma ratio', digits: 2, aim: '1 is as lively as the truth' },
};

/** A value for display; `-` if there is none. */
export function showFigure(name: RowName, value: number | null): string {
  const { scale = 1, digits } = figureTexts[name];
  return value === null ? '-' : (value * scale).toFixed(digits);
}
