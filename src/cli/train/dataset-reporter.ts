import { SingleBar } from 'cli-progress';
import type { DatasetProgress } from '../../train/dataset/dataset-job.ts';
import type { DatasetManifest } from '../../train/dataset/manifest.ts';
import type { Refusal } from '../../train/dataset/pictures/refusal.ts';
import { durationText, printJson } from '../reporting/words.ts';

/** Where the words of `chromafeed dataset` go: a bar on a terminal, a line now and then in a pipe, or JSON lines. */
export interface DatasetReporter {
  progress(progress: DatasetProgress): void;
  endProgress(): void;
  /** A file that was left out. */
  refused(key: string, refusal: Refusal): void;
  summary(dir: string, manifest: DatasetManifest): void;
}

type Stage = DatasetProgress['stage'];

const stageNames: Readonly<Record<Stage, string>> = {
  films: 'taking pictures out of films',
  survey: 'looking at pictures',
  samples: 'making samples',
};

/** At most one progress line in so many milliseconds. */
const progressEveryMs = { bar: 100, json: 1000, lines: 15_000 } as const;

export function makeDatasetReporter(options: { json?: boolean }): DatasetReporter {
  if (options.json === true) return new StreamReporter('json');
  return new StreamReporter(process.stderr.isTTY && process.env['NO_COLOR'] === undefined ? 'bar' : 'lines');
}

class StreamReporter implements DatasetReporter {
  readonly #kind: keyof typeof progressEveryMs;
  #stage: { name: Stage; fromMs: number; fromDone: number } | undefined;
  #bar: SingleBar | undefined;
  #lastMs = -Infinity;

  constructor(kind: keyof typeof progressEveryMs) {
    this.#kind = kind;
  }

  progress(progress: DatasetProgress): void {
    const now = performance.now();
    if (this.#stage?.name !== progress.stage) {
      this.endProgress();
      this.#stage = { name: progress.stage, fromMs: now, fromDone: progress.done };
      this.#lastMs = -Infinity;
    }
    if (now - this.#lastMs < progressEveryMs[this.#kind] && progress.done < progress.total) return;
    this.#lastMs = now;
    this.#show(
      progress,
      (1000 * (progress.done - this.#stage.fromDone)) / Math.max(1, now - this.#stage.fromMs),
    );
  }

  endProgress(): void {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#stage = undefined;
  }

  refused(key: string, refusal: Refusal): void {
    if (this.#kind === 'json') printJson({ event: 'refused', key, ...refusal });
    else if (refusal.reason === 'unreadable') process.stderr.write(`warning: ${key}: ${refusal.detail}\n`);
  }

  summary(dir: string, manifest: DatasetManifest): void {
    const { samples, refused, shards } = manifest;
    const bytes = shards.reduce((sum, shard) => sum + shard.bytes, 0);
    if (this.#kind === 'json') {
      printJson({ event: 'done', output: dir, samples, refused, shards: shards.length, bytes });
      return;
    }
    const left = Object.entries(refused).flatMap(([reason, count]) =>
      count > 0 ? [`${count} ${reason}`] : [],
    );
    process.stderr.write(
      `${dir}: ${samples.train} samples to train with, ${samples.validation} to validate with, in` +
        ` ${shards.length} shards, ${(bytes / 1e6).toFixed(1)} MB\nleft out: ${left.join(', ') || 'none'}\n`,
    );
  }

  #show({ stage, done, total }: DatasetProgress, perSecond: number): void {
    const leftS = perSecond > 0 ? Math.round((total - done) / perSecond) : undefined;
    if (this.#kind === 'json') {
      printJson({ event: 'progress', stage, done, total, perSecond: Number(perSecond.toFixed(2)), leftS });
    } else if (this.#kind === 'lines') {
      const left = leftS === undefined ? '' : `, ${durationText(leftS)} left`;
      process.stderr.write(`${stageNames[stage]}: ${done} of ${total}, ${perSecond.toFixed(1)}/s${left}\n`);
    } else {
      this.#bar ??= startBar(stage, total, done);
      this.#bar.update(done, { rate: perSecond.toFixed(1) });
    }
  }
}

function startBar(stage: Stage, total: number, done: number): SingleBar {
  const bar = new SingleBar({
    format: `${stageNames[stage]}  {bar} {percentage}%  {value}/{total}  {rate}/s  {eta_formatted} left`,
    stream: process.stderr,
    hideCursor: true,
    etaBuffer: 200,
  });
  bar.start(total, done, { rate: '-' });
  return bar;
}
