import { availableParallelism, cpus } from 'node:os';
import type { ModelOutcome } from '../../src/evaluate/evaluation-outcome.ts';
import type { CompareOptions } from './compare.ts';
import type { ComparisonOutcome, ModelCost } from './judge-models.ts';
import type { Journal } from './journal.ts';

/** What a table says besides the figures. */
export interface TableFacts {
  readonly options: CompareOptions;
  readonly journal: Journal;
}

const header = [
  'recipe',
  'PSNR dB',
  'ΔE00',
  'colourfulness',
  'distance',
  'CDC × 10⁵',
  'ms a picture',
  'million numbers',
  'hours',
];

/**
 * The table of a comparison as Markdown, with what was run and for how long.
 * @returns lines
 */
export function methodsTable({ evaluation, costs }: ComparisonOutcome, facts: TableFacts): string[] {
  const { models } = evaluation;
  const rows = models.map((model) =>
    modelRow(model, costs.get(model.label), facts.journal.secondsOf(model.label)),
  );
  const [first] = models;
  const references = first === undefined ? [] : [referenceRow(first, 'gray'), referenceRow(first, 'truth')];
  const table = [header, header.map((_, i) => (i === 0 ? '---' : '--:')), ...rows, ...references];
  return [...conditions(evaluation.models, facts), '', ...table.map((cells) => `| ${cells.join(' | ')} |`)];
}

function conditions(models: readonly ModelOutcome[], { options, journal }: TableFacts): string[] {
  const { views, batchSize, photoCount, size, width, seed, threads } = options;
  const photos = models[0]?.common.photos?.files ?? 0;
  const clips = models[0]?.common.clips;
  const processor = `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? 'an unknown processor'}`;
  return [
    `Made by \`npm run compare\` on ${new Date().toISOString().slice(0, 10)}, on ${processor} shared with other work.`,
    `Each recipe learnt from ${views.toLocaleString('en')} pictures (variations counted) of at most ${photoCount.toLocaleString('en')} photos, ${batchSize} in a step, with a short side of ${size} pixels, seed ${seed}, on ${threads === 1 ? 'one thread' : `${threads} threads`}.`,
    `Networks that have every width have ${width} of their channels. All of it ran for ${hours(journal.seconds)} hours.`,
    `Judged on ${photos} photos and ${clips?.frames ?? 0} frames of ${clips?.files === 1 ? 'a clip' : `${clips?.files ?? 0} clips`} that no recipe has seen.`,
  ];
}

function modelRow({ label, common }: ModelOutcome, cost: ModelCost | undefined, seconds: number): string[] {
  const photo = common.photos?.means.output;
  const clip = common.clips?.means.output;
  return [
    label,
    text(photo?.psnrDb, 2),
    text(photo?.ciede2000, 2),
    text(photo?.colourfulness, 1),
    text(photo?.colourfulnessDistance, 1),
    text(scaled(clip?.cdc), 0),
    text(cost?.msPerPicture, 0),
    text(cost === undefined ? undefined : cost.parameters / 1e6, 2),
    seconds === 0 ? '-' : hours(seconds),
  ];
}

function referenceRow({ common }: ModelOutcome, name: 'gray' | 'truth'): string[] {
  const photo = common.photos?.means[name];
  const clip = common.clips?.means[name];
  return [
    `_${name}_`,
    text(photo?.psnrDb, 2),
    text(photo?.ciede2000, 2),
    text(photo?.colourfulness, 1),
    text(photo?.colourfulnessDistance, 1),
    text(scaled(clip?.cdc), 0),
    ...['-', '-', '-'],
  ];
}

function scaled(cdc: number | null | undefined): number | undefined {
  return typeof cdc === 'number' ? cdc * 1e5 : undefined;
}

function text(value: number | null | undefined, digits: number): string {
  return typeof value === 'number' ? value.toFixed(digits) : '-';
}

function hours(seconds: number): string {
  return (seconds / 3600).toFixed(2);
}
