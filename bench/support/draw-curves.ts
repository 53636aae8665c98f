/** A point on a model's curve: means over photos. */
export interface CurvePoint {
  readonly model: string;
  readonly liveliness: number;
  /** Of the truth's colourfulness. */
  readonly colourfulnessShare: number;
  readonly psnrDb: number;
  readonly ciede2000: number;
  /** The same photos without colour. */
  readonly gray: { readonly psnrDb: number; readonly ciede2000: number };
}

type Measure = 'psnrDb' | 'ciede2000';

/** One of the two diagrams of the picture. */
interface Diagram {
  readonly measure: Measure;
  readonly title: string;
  readonly left: number;
  readonly least: number;
  readonly most: number;
}

const [plotWidth, plotHeight, top] = [360, 260, 40];
const mostShare = 1.2;
const colors = ['#0b6e99', '#c2571a', '#5b7f2b', '#7a4f9a'];

/** Draws PSNR and ΔE00 over the share of the truth's colourfulness, a line for each model. @returns an SVG file's text */
export function drawCurves(points: readonly CurvePoint[]): string {
  const diagrams = [
    diagramOf(points, 'psnrDb', 'PSNR, dB (higher is nearer)', 60),
    diagramOf(points, 'ciede2000', 'ΔE00 (lower is nearer)', 60 + plotWidth + 80),
  ];
  const width = 60 + 2 * plotWidth + 80 + 30;
  const models = [...new Set(points.map(({ model }) => model))];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${plotHeight + 100}" font-family="sans-serif" font-size="13">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    ...diagrams.flatMap((diagram) => [
      ...axes(diagram),
      ...models.flatMap((m, i) => curve(points, m, i, diagram)),
    ]),
    ...models.map((model, i) => text(70 + i * 180, plotHeight + 90, `● ${model}`, colors[i % colors.length])),
    text(70 + models.length * 180, plotHeight + 90, '--- gray', '#777'),
    `</svg>`,
  ].join('\n');
}

function diagramOf(points: readonly CurvePoint[], measure: Measure, title: string, left: number): Diagram {
  const all = points.flatMap((point) => [point[measure], point.gray[measure]]);
  return { measure, title, left, least: Math.floor(Math.min(...all)), most: Math.ceil(Math.max(...all)) };
}

function place({ left, least, most }: Diagram, share: number, value: number): [number, number] {
  const x = left + (share / mostShare) * plotWidth;
  const y = top + (1 - (value - least) / (most - least)) * plotHeight;
  return [round(x), round(y)];
}

function axes(diagram: Diagram): string[] {
  const { title, left, least, most } = diagram;
  const bottom = top + plotHeight;
  const shares = [0, 0.25, 0.5, 0.75, 1];
  const steps = Array.from({ length: most - least + 1 }, (_, i) => least + i);
  return [
    text(left, top - 14, title),
    text(left + 60, bottom + 34, "colourfulness, % of the truth's"),
    `<path d="M${left} ${top}V${bottom}H${left + plotWidth}" fill="none" stroke="#444"/>`,
    ...shares.map((share) => text(place(diagram, share, least)[0] - 8, bottom + 16, `${share * 100}`)),
    ...steps.map((value) => text(left - 26, place(diagram, 0, value)[1] + 4, `${value}`)),
  ];
}

/** A model's line with its points; the default liveliness is a larger one. Gray is a dashed line. */
function curve(points: readonly CurvePoint[], model: string, number: number, diagram: Diagram): string[] {
  const { measure, left } = diagram;
  const color = colors[number % colors.length];
  const own = points.filter((point) => point.model === model);
  const placed = own.map((point) => ({
    at: place(diagram, point.colourfulnessShare, point[measure]),
    isDefault: point.liveliness === 1,
  }));
  const gray = place(diagram, 0, own[0]?.gray[measure] ?? 0)[1];
  return [
    `<path d="M${left} ${gray}h${plotWidth}" stroke="#777" stroke-dasharray="4 4"/>`,
    `<polyline points="${placed.map(({ at }) => at.join(',')).join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>`,
    ...placed.map(
      ({ at: [x, y], isDefault }) => `<circle cx="${x}" cy="${y}" r="${isDefault ? 6 : 3}" fill="${color}"/>`,
    ),
  ];
}

function text(x: number, y: number, content: string, fill = '#222'): string {
  return `<text x="${x}" y="${y}" fill="${fill}">${content}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
