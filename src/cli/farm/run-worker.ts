import { exitCodes } from '../../errors.ts';
import type { ReelOptions } from '../../farm/jobs/reel-job.ts';
import { work } from '../../farm/worker/work.ts';
import { ffmpegVersion } from '../../ingest/ffmpeg/capabilities.ts';
import { countText } from '../../log/count-text.ts';
import type { CommandContext } from '../command-context.ts';
import { makeReporter } from '../reporting/reporter.ts';
import type { FarmCliOptions } from './farm-options.ts';
import { openFarm } from './open-farm.ts';

/** The options of `chromafeed worker`, as parsed. */
export interface WorkerCliOptions extends FarmCliOptions {
  readonly concurrency: number;
  readonly untilEmpty?: boolean;
  readonly device?: ReelOptions['device'];
}

/** Takes films from the queue until a signal stops it. @returns exit code */
export async function runWorker(
  options: WorkerCliOptions,
  { signal, streams }: CommandContext,
): Promise<number> {
  await ffmpegVersion();
  const reporter = makeReporter(options, streams);
  await using farm = await openFarm(options, reporter);
  const { concurrency, untilEmpty, device } = options;
  const { finished, failed } = await work(
    { concurrency, untilEmpty: untilEmpty === true, device },
    { ...farm, reporter, signal },
  );
  reporter.line(`${countText(finished, 'film')} finished, ${failed} failed`, {
    event: 'total',
    finished,
    failed,
  });
  return failed > 0 ? exitCodes.failure : exitCodes.ok;
}
