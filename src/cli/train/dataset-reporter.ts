import { sizeText } from '../../log/amount-text.ts';
import type { DatasetProgress } from '../../train/dataset/dataset-job.ts';
import type { DatasetManifest } from '../../train/dataset/dataset-manifest.ts';
import type { PictureRefusal } from '../../train/dataset/pictures/picture-refusal.ts';
import type { CommandStreams } from '../command-context.ts';
import { printJson } from '../reporting/print-json.ts';
import { progressKind, StageProgress } from '../reporting/stage-progress.ts';

/** Reports the progress of `chromafeed dataset` to the user. */
export interface DatasetReporter {
  progress(progress: DatasetProgress): void;
  endProgress(): void;
  /** A file that the set leaves out. */
  refused(key: string, refusal: PictureRefusal): void;
  summary(dir: string, manifest: DatasetManifest): void;
}

type Stage = DatasetProgress['stage'];

const stageNames: Readonly<Record<Stage, string>> = {
  films: 'taking pictures from films',
  survey: 'checking pictures',
  samples: 'making samples',
};

/** Minimum time between two progress lines, ms. */
const progressEveryMs = { bar: 100, json: 1000, lines: 15_000 } as const;

export function makeDatasetReporter(options: { json?: boolean }, streams: CommandStreams): DatasetReporter {
  const progress = new StageProgress(progressKind(options, streams), progressEveryMs, streams);
  return new StreamReporter(progress, streams);
}

class StreamReporter implements DatasetReporter {
  readonly #progress: StageProgress;
  readonly #streams: CommandStreams;

  constructor(progress: StageProgress, streams: CommandStreams) {
    this.#progress = progress;
    this.#streams = streams;
  }

  progress({ stage, done, total }: DatasetProgress): void {
    const state = { stage, label: stageNames[stage], done, total, unit: '' };
    this.#progress.show(state, ({ perSecond, leftS }) => ({
      rate: `${perSecond.toFixed(1)}/s`,
      note: '',
      event: { done, total, perSecond: Number(perSecond.toFixed(2)), leftS },
    }));
  }

  endProgress(): void {
    this.#progress.end();
  }

  refused(key: string, refusal: PictureRefusal): void {
    if (this.#progress.kind === 'json')
      printJson(this.#streams.stdout, { event: 'refused', key, ...refusal });
    else if (refusal.reason === 'unreadable')
      this.#streams.stderr.write(`warning: ${key}: ${refusal.detail}\n`);
  }

  summary(dir: string, manifest: DatasetManifest): void {
    const { samples, refused, shards } = manifest;
    const bytes = shards.reduce((sum, shard) => sum + shard.bytes, 0);
    if (this.#progress.kind === 'json') {
      printJson(this.#streams.stdout, {
        event: 'done',
        output: dir,
        samples,
        refused,
        shards: shards.length,
        bytes,
      });
      return;
    }
    const left = Object.entries(refused).flatMap(([reason, count]) =>
      count > 0 ? [`${count} ${reason}`] : [],
    );
    this.#streams.stderr.write(
      `${dir}: ${samples.train} samples to train with, ${samples.validation} to validate with, in` +
        ` ${shards.length} shards, ${sizeText(bytes)}\nleft out: ${left.join(', ') || 'none'}\n`,
    );
  }
}
