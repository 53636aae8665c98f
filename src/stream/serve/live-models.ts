import { availableParallelism } from 'node:os';
import type { Config } from '../../config/schema.ts';
import { AppError } from '../../errors.ts';
import type { Colorizer } from '../../model/colorizer.ts';
import { sideMultiple } from '../../model/tables/network.ts';
import { defaultMaxMegapixels } from '../../ingest/picture-size.ts';
import type { CameraNetwork } from '../live/live-color.ts';
import { openModelsInStyle } from '../style/open-in-style.ts';
import { readStyle } from '../style/read-style.ts';

/**
 * By how much the network's priority is lower than that of the pictures (Linux), because a picture must not wait for
 * colour that may come later. With 5, the network gets a quarter of a core beside one busy thread.
 */
const niceness = 5;

/** The model of a camera. */
export interface CameraModel {
  /** a model's name or folder */
  readonly name: string;
  /** a second model and its share: `ddcolor=0.5`; absent: none */
  readonly blend?: string | undefined;
  /** a photo whose scene the network sees in place of the camera's; absent: the camera's */
  readonly style?: string | undefined;
}

interface Opened {
  readonly colorizer: Colorizer;
  readonly network: CameraNetwork;
}

/** The models that cameras use. Each is opened once, and cameras with the same model share its calls. */
export class LiveModels implements AsyncDisposable {
  private readonly engine: Config['engine'];
  private readonly notice: (text: string) => void;
  private readonly opened = new Map<string, Promise<Opened>>();

  /** @param notice - receives messages about the device for the user */
  constructor(engine: Config['engine'], notice: (text: string) => void) {
    this.engine = engine;
    this.notice = notice;
  }

  /**
   * Opens a model, or returns it if it is already open.
   * @throws {AppError} MODEL_INVALID, MODEL_MISMATCH, DEVICE_UNAVAILABLE; INPUT_MISSING and INPUT_UNSUPPORTED of the
   *   style's photo
   */
  async network(model: CameraModel): Promise<CameraNetwork> {
    const { name, blend, style } = model;
    const key = JSON.stringify([name, blend, style]);
    let opened = this.opened.get(key);
    if (!opened) {
      opened = this.open(model);
      opened.catch(() => this.opened.delete(key)); // it may be repaired in the meantime
      this.opened.set(key, opened);
    }
    return (await opened).network;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = await Promise.allSettled(this.opened.values());
    const colorizers = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value.colorizer] : []));
    await Promise.all(colorizers.map((colorizer) => colorizer[Symbol.asyncDispose]()));
  }

  private async open({ name, blend, style }: CameraModel): Promise<Opened> {
    const { shortSidePx } = this.engine;
    if (shortSidePx % sideMultiple !== 0)
      throw new AppError(
        'MODEL_MISMATCH',
        `engine.shortSidePx: expected a multiple of ${sideMultiple} for the model ${name} but got ${shortSidePx}`,
      );
    const photo =
      style === undefined
        ? undefined
        : await readStyle(style, { shortSidePx, maxMegapixels: defaultMaxMegapixels });
    const colorizer = await openModelsInStyle({
      model: name,
      blend,
      style: photo,
      engine: this.engine.library,
      device: this.engine.device,
      precision: this.engine.precision,
      niceness,
      threads: this.engine.threads ?? Math.max(1, availableParallelism() >> 1),
      ...(this.engine.embedding === undefined ? {} : { embeddingFile: this.engine.embedding }),
    });
    for (const text of colorizer.notices) this.notice(text);
    return {
      colorizer,
      network: {
        network: colorizer,
        stride: colorizer.stride,
        provisional: colorizer.provisionalCondition,
        model: colorizer.credit,
      },
    };
  }
}
