import { join } from 'node:path';
import type { EpochReport } from '../../learn/run-state.ts';
import type { ValidationExample, References } from '../../learn/validation.ts';
import { writePictureSheet } from './picture-sheet.ts';
import { replaceFile } from '../../../files/replace-file.ts';
import { EventFile } from './event-file.ts';
import { historyPlot } from './history-plot.ts';
import type { RunFolder } from '../run-folder.ts';

/** What a run records for people, epoch by epoch: history, plot, sample sheets, events for TensorBoard. */
export class RunRecord {
  readonly #folder: RunFolder;
  readonly #references: References;
  readonly #events: EventFile;

  /** @param nowMs - milliseconds since 1970 */
  constructor(folder: RunFolder, references: References, nowMs: () => number) {
    this.#folder = folder;
    this.#references = references;
    this.#events = new EventFile(folder.dir, nowMs);
  }

  /**
   * Records an epoch. Everything except the events is rewritten as a whole, so that an epoch that is repeated after a
   * crash appears only once.
   * @param history - of all epochs so far, this one last
   */
  async add(
    report: EpochReport,
    history: readonly EpochReport[],
    examples: readonly ValidationExample[],
  ): Promise<void> {
    const { history: lines, plot, samples } = this.#folder;
    await replaceFile(lines, history.map((one) => `${JSON.stringify(one)}\n`).join(''));
    await replaceFile(plot, historyPlot(history, this.#references));
    const name = `epoch-${String(report.epoch + 1).padStart(3, '0')}.jpg`;
    await writePictureSheet(
      join(samples, name),
      ['gray', 'network', 'truth'],
      examples.map(({ size, gray, output, truth }) => ({ size, pictures: [gray, output, truth] })),
    );
    const { loss, learningRate, scores } = report;
    await this.#events.add(report.step, {
      'train/loss': loss,
      'train/learning_rate': learningRate,
      'validation/psnr_db': scores.psnrDb,
      'validation/ciede2000': scores.ciede2000,
      'validation/colourfulness': scores.colourfulness,
      'validation/score': scores.score,
    });
  }
}
