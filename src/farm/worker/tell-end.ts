import { plainText } from '../../log/plain-text.ts';
import type { Reporter } from '../../log/reporter.ts';
import type { JobTurn } from '../engine/engine.ts';
import { outputText, shortId } from '../jobs/job-id.ts';
import type { ReelEnd } from './run-reel.ts';

/** How an attempt ended, and how long it took. */
interface Ended extends ReelEnd {
  readonly seconds: number;
}

/** Prints how an attempt at a film or a part ended. */
export function tellEnd(reporter: Reporter, turn: JobTurn, end: Ended): void {
  const { outcome, job, result, part, seconds } = end;
  const output = job === undefined ? shortId(turn.id) : plainText(outputText(job));
  const film = part === undefined ? output : `${output}: part ${part.number + 1} of ${part.total}`;
  const facts = {
    event: outcome.kind,
    id: turn.id,
    output,
    attempt: turn.attempt,
    seconds,
    ...(part !== undefined && { part: part.number, parts: part.total }),
  };
  const done = part === undefined ? result : part.made;
  if (outcome.kind === 'done') reporter.line(`${film}: ${doneText(done)}`, { ...facts, ...done });
  else if (outcome.kind === 'given back') reporter.line(`${film}: given back to the queue`, facts);
  else if (outcome.kind === 'waits for parts') reporter.line(`${film}: its parts are on the queue`, facts);
  else if (outcome.kind === 'cancelled') reporter.line(`${film}: cancelled`, facts);
  else if (outcome.kind === 'lost') reporter.warn(`${film}: another worker has it now`);
  else if (outcome.kind === 'failed')
    reporter.warn(`${film}: attempt ${turn.attempt} failed: ${outcome.message}`);
  else if (outcome.reason !== undefined) reporter.warn(`${film}: left to other machines: ${outcome.reason}`);
}

/** A film or a part. */
interface Done {
  readonly frames?: number | undefined;
  readonly fps: number;
  readonly damage?: string | undefined;
  readonly parts?: number | undefined;
}

function doneText(result: Done | undefined): string {
  const frames = result?.frames === undefined ? 'finished before' : `${result.frames} frames`;
  const damage = result?.damage === undefined ? '' : `; the source is damaged: ${result.damage}`;
  const speed = result?.parts === undefined ? `${(result?.fps ?? 0).toFixed(1)} fps` : 'joined';
  return `${frames}, ${speed}${damage}`;
}
