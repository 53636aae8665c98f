import { exitCodes } from '../../errors.ts';
import type { FarmEngine } from '../../farm/engine/engine.ts';
import { waitForFilms, type EndedFilm, type WaitState } from '../../farm/wait-for-films.ts';
import { reelResultSchema } from '../../farm/jobs/reel-job.ts';
import { plainText } from '../../log/plain-text.ts';
import type { Reporter } from '../../log/reporter.ts';

/**
 * Waits for films and shows the progress over all workers.
 * @returns exit code: 5 if films are damaged, 1 if one was parked or cancelled
 */
export async function showWait(
  jobIds: readonly string[],
  {
    queue,
    reporter,
    signal,
  }: {
    readonly queue: FarmEngine;
    readonly reporter: Reporter;
    readonly signal: AbortSignal;
    readonly total: number;
  },
): Promise<number> {
  try {
    const ended = await waitForFilms(queue, jobIds, {
      onEnd: (film) => tellEnd(film, reporter),
      onState: (state) => tellState(state, reporter),
      signal,
    });
    if (ended.some(({ end }) => end !== 'finished')) return exitCodes.failure;
    const isDamaged = ended.some(
      ({ view }) => reelResultSchema.safeParse(view.result).data?.damage !== undefined,
    );
    return isDamaged ? exitCodes.damaged : exitCodes.ok;
  } finally {
    reporter.endProgress();
  }
}

function tellState(
  { finished, failed, total, frames, totalFrames, fps }: WaitState,
  reporter: Reporter,
): void {
  const ended = finished + failed;
  reporter.progress({ input: `${ended} of ${total} films`, frames, totalFrames, fps, scenes: ended });
}

function tellEnd({ status, view, end }: EndedFilm, reporter: Reporter): void {
  const { output, failure } = status;
  const film = plainText(output);
  const event = { event: 'ended', id: status.id, output, end, failure, result: view.result };
  if (end === 'finished') {
    const damage = reelResultSchema.safeParse(view.result).data?.damage;
    reporter.line(
      `${film}: finished${damage === undefined ? '' : `; the source is damaged: ${damage}`}`,
      event,
    );
  } else if (end === 'failed')
    reporter.line(`${film}: parked: ${failure ?? 'it lost its worker too often'}`, event);
  else reporter.line(`${film}: cancelled, or lost by the queue`, event);
}
