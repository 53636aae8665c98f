import { writeFile } from 'node:fs/promises';
import { prepareFolders } from '../../files/check-output.ts';
import { exitCodes } from '../../errors.ts';
import { defaultModel } from '../../model/default-model.ts';
import { evaluateModels } from '../../evaluate/evaluate-models.ts';
import { htmlReport } from '../../evaluate/report/html-report.ts';
import { jsonReport } from '../../evaluate/report/json-report.ts';
import type { EvaluationOutcome } from '../../evaluate/evaluation-outcome.ts';
import type { EvaluationSettings } from '../../evaluate/evaluation-settings.ts';
import type { CompleteFilmOptions } from '../../stream/film/film-options.ts';
import type { CommandContext, CommandStreams } from '../command-context.ts';
import { checkNetworkSize } from '../options/check-network-size.ts';
import { EvaluationProgressView } from './evaluation-progress.ts';
import { evaluationText } from './evaluation-table.ts';
import { isConverted } from '../../ingest/film/file-extensions.ts';
import { expandInputs } from '../file/inputs.ts';
import type { Reporter } from '../../log/reporter.ts';
import { openFilmResources } from '../../stream/film/film-resources.ts';

/** The options of `chromafeed evaluate`, as parsed. */
export interface EvaluateOptions extends Pick<
  CompleteFilmOptions,
  | 'engine'
  | 'device'
  | 'precision'
  | 'embedding'
  | 'blend'
  | 'size'
  | 'temperature'
  | 'liveliness'
  | 'saturation'
  | 'networkEvery'
> {
  /** default: the default model */
  readonly model?: readonly string[];
  readonly frames?: number;
  readonly every: number;
  readonly width: number;
  readonly everyFile: number;
  /** `-`: standard output */
  readonly json?: string;
  readonly report?: string;
  readonly work?: string;
}

/**
 * Measures models on colour photos and clips, and prints and writes the results.
 * @returns exit code: 0; the code of its fault if the only file failed; 1 if one of several failed; 130 if the run was
 *   stopped
 */
export async function runEvaluate(
  inputs: readonly string[],
  options: EvaluateOptions,
  { signal, streams, openResources = openFilmResources }: CommandContext,
): Promise<number> {
  checkNetworkSize(options.size);
  await prepareFolders(options.json, options.report);
  const found = await expandInputs(inputs);
  const paths = found.inputs.map(({ path }) => path).filter((path) => !isConverted(path));
  const files = paths.filter((_, i) => i % options.everyFile === 0);
  using view = new EvaluationProgressView(streams.stderr);
  const reporter = quietReporter(view);
  await using outcome = await evaluateModels(
    {
      files,
      models: [...new Set(options.model ?? [defaultModel])],
      settings: settingsOf(options),
      engine: options.engine,
      device: options.device,
      precision: options.precision,
      embedding: options.embedding,
      blend: options.blend,
      workFolder: options.work,
      keepPictures: options.report !== undefined,
    },
    {
      openResources: (model) => openResources({ ...options, model, reporter, signal }),
      onProgress: (progress) => view.show(progress),
      onFailure: ({ message, cure }) => reporter.warn(cure === undefined ? message : `${message}; ${cure}`),
      signal,
    },
  );
  view.end();
  await publish(outcome, options, streams);
  return exitCodeOf(outcome, files.length);
}

async function publish(
  outcome: EvaluationOutcome,
  options: EvaluateOptions,
  { stdout, stderr }: CommandStreams,
): Promise<void> {
  const report = jsonReport(outcome, options, new Date());
  const json = `${JSON.stringify(report, undefined, 2)}\n`;
  const table = options.json === '-' ? stderr : stdout;
  table.write(evaluationText(outcome));
  if (options.json === '-') stdout.write(json);
  else if (options.json !== undefined) await writeFile(options.json, json);
  if (options.report !== undefined) await writeFile(options.report, await htmlReport(outcome, report));
}

function exitCodeOf({ isComplete, failures }: EvaluationOutcome, files: number): number {
  if (!isComplete) return exitCodes.interrupted;
  const [first] = failures;
  if (!first) return exitCodes.ok;
  return files === 1 ? first.exitCode : exitCodes.failure;
}

function settingsOf(options: EvaluateOptions): EvaluationSettings {
  const { frames, every, width, size, networkEvery, temperature, liveliness, saturation } = options;
  return { frames, every, widthPx: width, size, networkEvery, temperature, liveliness, saturation };
}

/** During an evaluation, films report only warnings, each one once. */
function quietReporter(view: EvaluationProgressView): Reporter {
  const said = new Set<string>();
  const ignore = (): void => undefined;
  return {
    line: ignore,
    progress: ignore,
    endProgress: ignore,
    table: ignore,
    warn: (text) => {
      if (said.has(text)) return;
      said.add(text);
      view.say(`warning: ${text}`);
    },
  };
}
