import { exitCodes } from '../../errors.ts';
import { plainText } from '../../log/plain-text.ts';
import { filmDefaults } from '../../stream/film/film-options.ts';
import { openFilmResources, type FilmResources } from '../../stream/film/film-resources.ts';
import type { CommandContext } from '../command-context.ts';
import { checkNetworkSize } from '../options/check-network-size.ts';
import { makeReporter, type InputReporter } from '../reporting/reporter.ts';
import type { FileOptions } from './file-options.ts';
import { expandInputs, type LeftOut } from './inputs.ts';
import { markOnePictures } from './one-picture.ts';
import { planOutputs, type FileJob } from './outputs.ts';
import { runJob, type Outcome } from './run-job.ts';
import { TimeLeft } from './time-left.ts';

/** Colorizes every input, one after the other. If one fails, the next one still runs. */
export async function runFile(
  asked: readonly string[],
  options: FileOptions,
  { signal, streams, openResources = openFilmResources }: CommandContext,
): Promise<number> {
  checkNetworkSize(options.size ?? filmDefaults.size);
  const { inputs, leftOut } = await expandInputs(asked, options);
  const jobs = planOutputs(asked, await markOnePictures(inputs), options);
  const reporter = makeReporter(options, streams);
  await using resources = await openResources({ ...options, reporter, signal });
  const [only] = jobs;
  if (jobs.length === 1 && only !== undefined) {
    const { exitCode } = await runJob(only, false, options, resources);
    tellLeftOut(leftOut, reporter);
    return exitCode;
  }
  await resources.colorizer.opened(); // a fault of the network would fail every input
  const outcomes = await runAll(jobs, options, resources, reporter);
  reporter.table(
    outcomes.map(({ input, output, text }) => [plainText(input), plainText(output ?? '-'), text]),
  );
  tellTotal(outcomes, reporter);
  tellLeftOut(leftOut, reporter);
  const failed = outcomes.filter((outcome) => outcome.exitCode !== exitCodes.ok);
  return failed.length === 0 ? exitCodes.ok : exitCodes.failure;
}

async function runAll(
  jobs: readonly FileJob[],
  options: FileOptions,
  resources: FilmResources,
  reporter: InputReporter,
): Promise<Outcome[]> {
  const left = await TimeLeft.of(jobs);
  const outcomes: Outcome[] = [];
  for (const [i, job] of jobs.entries()) {
    resources.signal.throwIfAborted();
    const startMs = performance.now();
    const elapsedMs = (): number => performance.now() - startMs;
    reporter.beginInput({
      number: i + 1,
      of: jobs.length,
      input: job.input,
      leftS: (part) => left.seconds(i, part, elapsedMs()),
    });
    const outcome = await runJob(job, true, options, resources);
    outcomes.push(outcome);
    if (outcome.exitCode === exitCodes.ok && !outcome.isSkipped) left.worked(i, elapsedMs());
  }
  return outcomes;
}

function tellTotal(outcomes: readonly Outcome[], reporter: InputReporter): void {
  const skipped = outcomes.filter(({ isSkipped }) => isSkipped).length;
  const failed = outcomes.filter(({ exitCode }) => exitCode !== exitCodes.ok).length;
  const done = outcomes.length - skipped - failed;
  const parts = [`${done} of ${outcomes.length} finished`, `${skipped} finished before`, `${failed} failed`];
  reporter.line(parts.filter((part) => !/^0 f/.test(part)).join(', '), {
    event: 'total',
    inputs: outcomes.length,
    finished: done,
    finishedBefore: skipped,
    failed,
  });
}

/** Lists the files and folders that were not coloured. */
function tellLeftOut(leftOut: readonly LeftOut[], reporter: InputReporter): void {
  for (const { path, reason } of leftOut) {
    reporter.line(`left out: ${plainText(path)} (${reason})`, { event: 'left out', path, reason });
  }
}
