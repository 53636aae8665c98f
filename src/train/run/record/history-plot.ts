import type { EpochReport } from '../../learn/run-state.ts';
import type { References } from '../../learn/validation.ts';
import { axisTicks } from './axis-ticks.ts';

/** One diagram over the epochs. */
interface Panel {
  readonly title: string;
  /** with its unit */
  readonly axis: string;
  readonly value: (report: EpochReport) => number;
  /** dotted lines to compare with */
  readonly references: readonly { readonly label: string; readonly value: number }[];
}

const panelSize = { widthPx: 420, heightPx: 260 };
/** The space around a panel's curve, for its title, numbers and axis labels. */
const margin = { left: 62, right: 14, top: 34, bottom: 44 };
const plotWidthPx = panelSize.widthPx - margin.left - margin.right;
const plotHeightPx = panelSize.heightPx - margin.top - margin.bottom;
const columns = 2;

/** Readable on white, and on black if the reader's system is dark. Viewers without dark mode show white. */
const style = `
  .paper { fill: #ffffff } text { fill: #24292f; font: 12px sans-serif } .title { font-weight: bold; font-size: 13px }
  .grid { stroke: #d8dee4 } .axis { stroke: #57606a } .reference { stroke: #57606a; stroke-dasharray: 2 4 }
  .curve { fill: none; stroke: #0969da; stroke-width: 2 } .point { fill: #0969da } .best { fill: #cf222e }
  .note { fill: #57606a }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 } text { fill: #e6edf3 } .grid { stroke: #30363d } .axis { stroke: #8b949e }
    .reference { stroke: #8b949e } .curve { stroke: #58a6ff } .point { fill: #58a6ff } .best { fill: #ff7b72 }
    .note { fill: #8b949e }
  }`;

/**
 * Draws the course of a run: loss, PSNR, colour difference and colourfulness over the epochs. The best epoch is red.
 * @param history - at least one epoch
 * @returns an SVG document
 */
export function historyPlot(history: readonly EpochReport[], references: References): string {
  const panels = panelsOf(references);
  const widthPx = columns * panelSize.widthPx;
  const heightPx = Math.ceil(panels.length / columns) * panelSize.heightPx;
  const drawn = panels.map((panel, i) => {
    const x = (i % columns) * panelSize.widthPx + margin.left;
    const y = Math.floor(i / columns) * panelSize.heightPx + margin.top;
    return `<g transform="translate(${x} ${y})">\n${drawPanel(panel, history).join('\n')}\n</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${widthPx} ${heightPx}" width="${widthPx}" height="${heightPx}">
<title>Training run: loss and validation scores over the epochs</title>
<style>${style}
</style>
<rect class="paper" width="${widthPx}" height="${heightPx}"/>
${drawn.join('\n')}
</svg>
`;
}

function panelsOf({ gray, truthColourfulness }: References): Panel[] {
  const ofGray = (value: number): Panel['references'] => [{ label: 'gray', value }];
  return [
    { title: 'Loss', axis: 'mean over the epoch', value: ({ loss }) => loss, references: [] },
    {
      title: 'Validation: PSNR (higher is better)',
      axis: 'RGB PSNR, dB',
      value: ({ scores }) => scores.psnrDb,
      references: ofGray(gray.psnrDb),
    },
    {
      title: 'Validation: colour difference (lower is better)',
      axis: 'CIEDE2000, ΔE00',
      value: ({ scores }) => scores.ciede2000,
      references: ofGray(gray.ciede2000),
    },
    {
      title: "Validation: colourfulness (the truth's is best)",
      axis: 'colourfulness M3',
      value: ({ scores }) => scores.colourfulness,
      references: [{ label: 'truth', value: truthColourfulness }, ...ofGray(gray.colourfulness)],
    },
  ];
}

function drawPanel({ title, axis, value, references }: Panel, history: readonly EpochReport[]): string[] {
  const values = history.map(value);
  const x = scale([0, Math.max(2, history.length + 1)], [0, plotWidthPx]);
  const range = paddedRange([...values, ...references.map((one) => one.value)]);
  const y = scale(range, [plotHeightPx, 0]);
  const points = values.map((one, i) => ({ x: x(i + 1), y: y(one), isBest: i === bestOf(history) }));
  return [
    `<text class="title" x="0" y="-14">${title}</text>`,
    ...axisTicks(...range, 5).map((tick) => yTick(tick, y(tick))),
    ...epochTicks(history.length).map((tick) => xTick(tick, x(tick))),
    `<path class="axis" fill="none" d="M0 0V${plotHeightPx}H${plotWidthPx}"/>`,
    `<text text-anchor="middle" x="${plotWidthPx / 2}" y="${plotHeightPx + 34}">epoch</text>`,
    `<text text-anchor="middle" transform="translate(-48 ${plotHeightPx / 2}) rotate(-90)">${axis}</text>`,
    ...references.map((one) => referenceLine(one.label, y(one.value))),
    `<polyline class="curve" points="${points.map((one) => `${fixed(one.x)},${fixed(one.y)}`).join(' ')}"/>`,
    ...points.map(
      (one) =>
        `<circle class="${one.isBest ? 'best' : 'point'}" cx="${fixed(one.x)}" cy="${fixed(one.y)}" r="${one.isBest ? 4 : 2.5}"/>`,
    ),
  ];
}

function bestOf(history: readonly EpochReport[]): number {
  return history.findLastIndex(({ isBest }) => isBest);
}

function yTick(tick: number, y: number): string {
  return `<path class="grid" d="M0 ${fixed(y)}H${plotWidthPx}"/><text text-anchor="end" x="-6" y="${fixed(y + 4)}">${tick}</text>`;
}

function xTick(tick: number, x: number): string {
  return `<path class="axis" d="M${fixed(x)} ${plotHeightPx}v4"/><text text-anchor="middle" x="${fixed(x)}" y="${plotHeightPx + 18}">${tick}</text>`;
}

function referenceLine(label: string, y: number): string {
  return `<path class="reference" d="M0 ${fixed(y)}H${plotWidthPx}"/><text class="note" text-anchor="end" x="${plotWidthPx}" y="${fixed(y - 4)}">${label}</text>`;
}

function epochTicks(epochs: number): number[] {
  return axisTicks(1, Math.max(2, epochs), 8).filter((tick) => Number.isInteger(tick));
}

/** Extends a range by a twelfth at both ends. The range is never empty. */
function paddedRange(values: readonly number[]): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const pad = (high - low) / 12 || Math.abs(high) / 12 || 1;
  return [low - pad, high + pad];
}

function scale(
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
): (value: number) => number {
  return (value) => start + ((value - from) / (to - from)) * (end - start);
}

function fixed(value: number): string {
  return String(Math.round(value * 100) / 100);
}
