import { basename } from 'node:path';
import { countText } from '../../log/count-text.ts';
import { figureTexts, showFigure, type RowName } from './figure-texts.ts';
import {
  clipFigures,
  photoFigures,
  versionNames,
  type ClipFigure,
  type Figures,
  type FileResult,
  type Versions,
} from '../figures.ts';
import type { ModelOutcome } from '../evaluation-outcome.ts';

/** A table of texts, for the terminal and for the HTML report. */
export interface TextTable {
  readonly head: readonly string[];
  /** The first cell of each row is its name, the others are numbers. */
  readonly rows: readonly (readonly string[])[];
  /** A note after each row. */
  readonly notes?: readonly string[];
}

/** The two kinds of files, which never share a table. */
export const kinds = ['photos', 'clips'] as const;
export type Kind = (typeof kinds)[number];

/** Means of either kind. Photos have no figures for moving pictures. */
interface AnySummary {
  readonly means: Versions<Readonly<Partial<Record<ClipFigure, number | null>>>>;
  readonly distanceOfMeans: Versions<number | null>;
}

interface Column {
  readonly head: string;
  readonly value: (name: RowName) => number | null;
}

/** Means of one kind of file: one row per figure, with output, gray and truth in columns. */
export function meansTable(summary: AnySummary, kind: Kind): TextTable {
  const columns = versionNames.map((version) => columnOf(version, summary, version));
  return { ...figureTable(kind, columns), notes: rowNames(kind).map((name) => figureTexts[name].aim) };
}

/**
 * Means of several models side by side, over the files that all of them have.
 * @returns undefined if there is no such file
 */
export function comparisonTable(models: readonly ModelOutcome[], kind: Kind): TextTable | undefined {
  const columns = models.flatMap(({ label, common }) => {
    const summary = common[kind];
    return summary === null ? [] : [columnOf(label, summary, 'output')];
  });
  const any = models[0]?.common[kind];
  if (!any || columns.length < models.length) return undefined;
  const references = (['gray', 'truth'] as const).map((version) => columnOf(version, any, version));
  return figureTable(kind, [...columns, ...references]);
}

/** One row per file: the output's figures, with reference figures in brackets. */
export function filesTable(results: readonly FileResult[], kind: Kind): TextTable {
  const shown = results.filter((result) => result.kind === (kind === 'photos' ? 'photo' : 'clip'));
  return {
    head: ['file', ...photoHead, ...(kind === 'photos' ? [] : clipHead)],
    rows: shown.map((result) => [basename(result.file), ...photoCells(result), ...clipCells(result)]),
  };
}

const photoHead = ['PSNR dB (gray)', 'SSIM (gray)', 'ΔE00 (gray)', 'colourfulness (truth)'];
const clipHead = [
  ...['frames', 'CDC × 10⁵ (truth, gray)', 'flicker (truth)'],
  ...['moving: ΔE00 (gray)', 'a*b* error (gray)', 'chroma ratio'],
];

function photoCells({ figures }: FileResult): string[] {
  const beside = (name: 'psnrDb' | 'ssim' | 'ciede2000'): string => withBeside(name, figures, ['gray']);
  return [
    ...[beside('psnrDb'), beside('ssim'), beside('ciede2000')],
    withBeside('colourfulness', figures, ['truth']),
  ];
}

function clipCells(result: FileResult): string[] {
  if (result.kind === 'photo') return [];
  const { frames, figures } = result;
  return [
    String(frames),
    withBeside('cdc', figures, ['truth', 'gray']),
    withBeside('flicker', figures, ['truth']),
    withBeside('movingCiede2000', figures, ['gray']),
    withBeside('movingError', figures, ['gray']),
    showFigure('movingChromaRatio', figures.output.movingChromaRatio),
  ];
}

function withBeside<Name extends ClipFigure>(
  name: Name,
  figures: Versions<Figures<Name>>,
  beside: readonly ('gray' | 'truth')[],
): string {
  const others = beside.map((version) => showFigure(name, figures[version][name]));
  return `${showFigure(name, figures.output[name])} (${others.join(', ')})`;
}

/** How many files: `1 photo`, `15 clips`. */
export function filesText(files: number, kind: Kind): string {
  return countText(files, kind === 'photos' ? 'photo' : 'clip');
}

/** A sentence about luma. */
export function lumaSentence(lumaDifference: number, kind: Kind): string {
  if (lumaDifference === 0) return "luma: every sample is the truth's";
  // R'G'B' of 8 bit cannot hold every luma with every chroma.
  if (kind === 'photos' && lumaDifference === 1) return "luma: the truth's, to the rounding of R'G'B'";
  return `luma: DIFFERS from the truth's by up to ${lumaDifference} steps`;
}

function rowNames(kind: Kind): RowName[] {
  const names: readonly RowName[] = kind === 'photos' ? photoFigures : clipFigures;
  return names.flatMap((name) => (name === 'colourfulnessDistance' ? [name, 'distanceOfMeans'] : [name]));
}

function columnOf(head: string, summary: AnySummary, version: keyof Versions<unknown>): Column {
  return {
    head,
    value: (name) =>
      name === 'distanceOfMeans' ? summary.distanceOfMeans[version] : (summary.means[version][name] ?? null),
  };
}

function figureTable(kind: Kind, columns: readonly Column[]): TextTable {
  const rows = rowNames(kind).map((name) => [
    figureTexts[name].label,
    ...columns.map(({ value }) => showFigure(name, value(name))),
  ]);
  return { head: ['mean of the files', ...columns.map(({ head }) => head)], rows };
}
