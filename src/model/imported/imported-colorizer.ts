import { AppError } from '../../errors.ts';
import type { SizePx } from '../../frame.ts';
import type { ColorizeBatch, Colorizer } from '../colorizer.ts';
import { hasNvidiaDevice } from '../engine/choose-device.ts';
import type { DeviceName } from '../engine/devices.ts';
import { conditionSize } from '../tables/nodes.ts';
import { pictureSize } from './contract.ts';
import { ImportedChild } from './imported-child.ts';
import type { ImportedModel } from './imported-model.ts';
import { probePicture } from './probe-pictures.ts';
import { resample } from './resample.ts';

/** What an imported colorizer is opened with. */
export interface ImportedOptions {
  readonly model: ImportedModel;
  readonly device: 'auto' | DeviceName;
  /** CPU threads for one run */
  readonly threads: number;
  /** added to the priority number of its process; absent: 0 */
  readonly niceness?: number;
}

/** An imported network as a colorizer. It has no embedding, and computes as its file says. */
export class ImportedColorizer implements Colorizer {
  readonly model: ImportedModel;
  readonly engine = 'onnx';
  readonly precision = 'float32';
  readonly embedding = undefined;
  readonly embeddingSide = 0;
  readonly stride = 1;
  readonly takesFullLuma = true;
  readonly sceneModel = undefined;
  readonly #options: ImportedOptions;
  readonly #notices: string[] = [];
  #device: DeviceName;
  #child: Promise<ImportedChild>;
  #isGone = false;

  /** Starts opening the network; `opened` says whether it could. */
  constructor(options: ImportedOptions) {
    this.model = options.model;
    this.#options = options;
    this.#device = options.device === 'auto' ? 'cpu' : options.device;
    this.#child = this.#open();
    this.#child.catch(() => undefined); // whoever needs the network is told
  }

  get credit(): Colorizer['credit'] {
    const { name, version, provenance } = this.model.manifest;
    return { name, version, licence: provenance.licence };
  }

  get device(): DeviceName {
    return this.#device;
  }

  get notices(): readonly string[] {
    return this.#notices;
  }

  async opened(): Promise<void> {
    await this.#child;
  }

  async colorize(batch: ColorizeBatch, signal?: AbortSignal): Promise<Float32Array[]> {
    const { contract } = this.model.manifest;
    const { pictures, size, lumaAt = smallLuma(batch) } = batch;
    if (this.#isGone)
      throw new AppError('USAGE', 'colorize: expected an open colorizer but it was disposed of');
    const own = pictureSize(contract.size, size);
    const answers: Float32Array[] = [];
    for (let i = 0; i < pictures.length; i++) {
      signal?.throwIfAborted();
      const picture = { luma: await lumaAt(i, own), size: own };
      const child = await this.#running();
      answers.push(await child.ask('colorize', { contract, picture, size }));
    }
    return answers;
  }

  embed(pictures: readonly Uint8Array[]): Promise<Float32Array[]> {
    return Promise.resolve(pictures.map(() => new Float32Array()));
  }

  get provisionalCondition(): Float32Array {
    return this.condition();
  }

  condition(): Float32Array {
    return new Float32Array(conditionSize);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isGone = true;
    const child = await this.#child.catch(() => undefined); // the caller that opened it got the error
    await child?.[Symbol.asyncDispose]();
  }

  /** The network's process. One that has ended is started again, because a camera runs for months. */
  async #running(): Promise<ImportedChild> {
    const child = await this.#child;
    if (!child.isOver) return child;
    this.#child = this.#open();
    this.#child.catch(() => undefined);
    return this.#child;
  }

  async #open(): Promise<ImportedChild> {
    const { device, model } = this.#options;
    const wanted = device === 'auto' ? (hasNvidiaDevice() ? 'cuda' : 'cpu') : device;
    if (wanted !== 'cpu')
      try {
        return await this.#openOn(wanted);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        const reason = error.message.replace(`${model.weights[0]?.path ?? ''}: `, '');
        this.#notices.push(`${wanted} cannot be used, so the cpu is used instead: ${reason}`);
      }
    return this.#openOn('cpu');
  }

  async #openOn(device: DeviceName): Promise<ImportedChild> {
    const { model, threads, niceness } = this.#options;
    const file = model.weights[0]?.path ?? '';
    const child = await ImportedChild.open({ file, device, threads, niceness });
    try {
      if (device !== 'cpu') await tryPicture(child, model);
      this.#device = device;
      return child;
    } catch (error) {
      await child[Symbol.asyncDispose]();
      throw error;
    }
  }
}

/** A device that opens the network may still fail to run it. */
async function tryPicture(child: ImportedChild, { manifest: { contract } }: ImportedModel): Promise<void> {
  const picture = probePicture(pictureSize(contract.size, { widthPx: 4, heightPx: 3 }));
  await child.ask('colorize', { contract, picture, size: picture.size });
}

/** For callers that have only the small picture: it is enlarged. */
function smallLuma({ pictures, size }: ColorizeBatch): NonNullable<ColorizeBatch['lumaAt']> {
  return (picture, to: SizePx) =>
    Promise.resolve(Uint8Array.from(resample(pictures[picture] ?? new Uint8Array(), size, to), Math.round));
}
