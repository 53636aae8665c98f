import type { EvaluationOutcome, ModelOutcome } from '../../evaluate/evaluation-outcome.ts';
import {
  comparisonTable,
  filesTable,
  kinds,
  lumaSentence,
  meansTable,
  filesText,
  type Kind,
  type TextTable,
} from '../../evaluate/report/report-tables.ts';
import { formatTable } from '../reporting/table.ts';

/**
 * Formats an evaluation for the terminal: each model's files and means, then the models side by side, then the
 * failures.
 */
export function evaluationText(outcome: EvaluationOutcome): string {
  const { models, failures } = outcome;
  const sections = models.flatMap((model) => kinds.map((kind) => kindLines(model, kind)));
  if (models.length > 1) sections.push(...kinds.map((kind) => comparisonLines(models, kind)));
  sections.push(failures.map(({ code, message }) => `not evaluated: ${code}: ${message}`));
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

function kindLines(model: ModelOutcome, kind: Kind): string[] {
  const summary = model.summary[kind];
  if (summary === null) return [];
  return [
    `${model.label}, version ${model.version}: ${filesText(summary.files, kind)}, colorized in ${summary.colorizeS.toFixed(1)} s`,
    ...textLines(filesTable(model.results, kind)),
    '',
    ...textLines(meansTable(summary, kind)),
    lumaSentence(summary.lumaDifference, kind),
  ];
}

function comparisonLines(models: readonly ModelOutcome[], kind: Kind): string[] {
  const table = comparisonTable(models, kind);
  const files = models[0]?.common[kind]?.files ?? 0;
  return table === undefined
    ? []
    : [`models side by side: ${filesText(files, kind)} that all of them have`, ...textLines(table)];
}

/** Names are on the left, numbers on the right, notes after them. */
function textLines({ head, rows, notes }: TextTable): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return formatTable(
    all.map((row, i) => [
      ...row.map((cell, column) => (column === 0 ? cell : cell.padStart(widths[column] ?? 0))),
      ...(notes === undefined ? [] : [i === 0 ? '' : (notes[i - 1] ?? '')]),
    ]),
  );
}
