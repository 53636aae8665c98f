import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { AppError } from '../errors.ts';
import type { SizePx } from '../frame.ts';
import { chooseDevice, type DeviceChoice } from './engine/choose-device.ts';
import type { ColorizeBatch, Colorizer, ModelCredit } from './colorizer.ts';
import type { DeviceName } from './engine/devices.ts';
import {
  bundledEmbedding,
  checkNetwork,
  loadEmbedding,
  type EmbeddingFile,
} from './embedding/embedding-file.ts';
import { ImportedColorizer } from './imported/imported-colorizer.ts';
import { isImportedModel, type ImportedModel } from './imported/imported-model.ts';
import type { Manifest } from './manifest.ts';
import { sceneCondition, type Model } from './model.ts';
import type { StylePicture } from './style-picture.ts';
import type { EngineName, EngineSetup, PackedBatch } from './engine/engine.ts';
import { choosePrecision, type Precision } from './engine/precision.ts';
import type { TaskResult } from './engine/engine-worker.ts';
import { prepareOnnxEnvironment } from './onnx/onnx-environment.ts';
import { leastSidePx, outputStride, sideMultiple } from './tables/network.ts';
import { conditionSize } from './tables/nodes.ts';
import { prepareNativeEnvironment } from './tfjs/native-environment.ts';

/** Options of `openColorizer`. */
export interface ColorizerOptions {
  readonly model: Model | ImportedModel;
  /** which library runs the network; absent: `onnx` */
  readonly engine?: EngineName;
  readonly device: 'auto' | DeviceName;
  /** numbers that the network computes with; absent: `auto` */
  readonly precision?: 'auto' | Precision | undefined;
  /** CPU threads for one run; absent: as many as the machine can run at the same time */
  readonly threads?: number;
  /**
   * added to the priority number of the network's threads, 0..19 (Linux); higher numbers let other threads go first;
   * absent: 0
   */
  readonly niceness?: number;
  /** a user's embedding network, ONNX; absent: the bundled Inception v3 */
  readonly embeddingFile?: string;
  /**
   * a photo whose global features a network takes in place of each picture's own (`styleValueOf`); other networks ignore
   * it (see `openModelsInStyle`). Absent: there is none
   */
  readonly style?: StylePicture | undefined;
  /**
   * Returns before onnxruntime has built the network, so that the caller works meanwhile; then `opened` says whether it could.
   * TensorFlow.js is always waited for, because it chooses the device itself.
   */
  readonly inBackground?: boolean;
}

/** The raise of `PackedBatch` at the greatest liveliness; at 0 it is as far below 0. */
const greatestRaise = 1.5;

/** The tasks of `engine-worker.ts` by name, with their inputs and results. */
interface Tasks {
  readonly open: { task: { name: EngineName; setup: EngineSetup }; value: DeviceChoice };
  readonly colorize: { task: PackedBatch; value: Float32Array };
  readonly embed: { task: readonly Uint8Array[]; value: Float32Array[] };
  readonly close: { task: undefined; value: null };
}

/**
 * Opens the network on a device, in its own worker thread.
 * @returns a colorizer the caller owns and disposes of
 * @throws {AppError} MODEL_INVALID for damaged files, MODEL_MISMATCH when the embedding network does not suit the
 *   model, DEVICE_UNAVAILABLE when not even the CPU can be used
 */
export async function openColorizer(options: ColorizerOptions): Promise<Colorizer> {
  prepareOnnxEnvironment();
  const { model, device, engine = 'onnx', threads = availableParallelism() } = options;
  if (isImportedModel(model)) return openImported({ ...options, model, threads });
  return openNetwork({ ...options, model, engine, threads, device });
}

async function openNetwork(
  options: ColorizerOptions & {
    readonly model: Model;
    readonly engine: EngineName;
    readonly threads: number;
  },
): Promise<Colorizer> {
  const { model, device, engine, threads } = options;
  const embedding = await loadEmbedding(options.embeddingFile);
  checkNetwork(model, embedding);
  const { manifest, weights, dir } = model;
  const setup = {
    network: manifest,
    weights,
    trunk: await bundledEmbedding(),
    embedding,
    embeddingSpec: { ...manifest.embedding, model: dir },
    threads,
    ...(options.style === undefined ? {} : { style: options.style }),
    ...(options.niceness === undefined ? {} : { niceness: options.niceness }),
  };
  if (engine !== 'onnx') prepareNativeEnvironment(threads);
  const choice = engine === 'onnx' ? await chooseDevice(setup, device) : tensorflowDevice(device);
  const asked = options.precision ?? 'auto';
  const precision = choosePrecision({ asked, device: choice.device, engine, model: manifest });
  const ranges = precision === 'int8' ? manifest.activations : undefined;
  const colorizer = new EngineColorizer({ model, engine, precision, setup: { ...setup, ranges } }, choice);
  return options.inBackground === true && engine === 'onnx' ? colorizer : whenOpened(colorizer);
}

/** @throws {AppError} USAGE for options that only networks of Chromafeed's own have */
async function openImported(
  options: ColorizerOptions & { readonly model: ImportedModel; readonly threads: number },
): Promise<Colorizer> {
  const { name } = options.model.manifest;
  if (options.engine === 'tensorflow') throw onlyOwn(name, '--engine tensorflow', 'it is an ONNX file');
  if (options.precision === 'int8')
    throw onlyOwn(name, '--precision int8', 'an imported network computes with the numbers in its file');
  if (options.embeddingFile !== undefined)
    throw onlyOwn(name, '--embedding', 'an imported network has no embedding');
  const colorizer = new ImportedColorizer(options);
  return options.inBackground === true ? colorizer : whenOpened(colorizer);
}

/** Waits until a colorizer is open. One that cannot be opened is disposed of. */
async function whenOpened(colorizer: Colorizer): Promise<Colorizer> {
  try {
    await colorizer.opened();
    return colorizer;
  } catch (error) {
    await colorizer[Symbol.asyncDispose]();
    throw error;
  }
}

function onlyOwn(name: string, option: string, reason: string): AppError {
  return new AppError(
    'USAGE',
    `${option}: expected a network of Chromafeed's own but ${name} was imported: ${reason}`,
    {
      cure: `leave ${option} out`,
    },
  );
}

/** TensorFlow.js reports where it runs only after it is open. */
function tensorflowDevice(asked: 'auto' | DeviceName): DeviceChoice {
  if (asked === 'webgpu' || asked === 'tensorrt')
    throw usage(`--engine tensorflow: expected --device auto, cpu or cuda but got ${asked}`);
  return { device: asked === 'cuda' ? 'cuda' : 'cpu', notices: [] };
}

/** What a colorizer is opened from. */
interface EnginePlan {
  readonly model: Model;
  readonly engine: EngineName;
  readonly precision: Precision;
  readonly setup: Omit<EngineSetup, 'device'>;
}

class EngineColorizer implements Colorizer {
  readonly takesFullLuma = false;
  readonly model: Model;
  readonly engine: EngineName;
  readonly precision: Precision;
  readonly embedding: EmbeddingFile;
  /** the planned value; once the engine is open, the one that it reports */
  #choice: DeviceChoice;
  readonly #worker: Piscina<Tasks[keyof Tasks]['task'], unknown>;
  readonly #opened: Promise<void>;
  #gone: Promise<void> | undefined;

  constructor({ model, engine, precision, setup }: EnginePlan, choice: DeviceChoice) {
    this.model = model;
    this.engine = engine;
    this.precision = precision;
    this.embedding = setup.embedding;
    this.#choice = choice;
    this.#worker = new Piscina({
      filename: new URL('./engine/engine-worker.js', import.meta.url).href,
      minThreads: 1,
      maxThreads: 1,
      idleTimeout: Infinity,
    });
    this.#opened = this.#open({ ...setup, device: choice.device });
    this.#opened.catch(() => undefined); // whoever needs the network is told
  }

  async #open(setup: EngineSetup): Promise<void> {
    const { device, notices } = await this.#submit('open', { name: this.engine, setup });
    this.#choice = { device, notices: [...this.#choice.notices, ...notices] };
  }

  opened(): Promise<void> {
    return this.#opened;
  }

  get credit(): ModelCredit {
    const { name, version } = this.model.manifest;
    return { name, version };
  }

  get stride(): number {
    return outputStride(this.model.manifest);
  }

  get provisionalCondition(): Float32Array | undefined {
    const { size, isOptional } = this.model.manifest.embedding;
    return isOptional === true ? this.condition(new Float32Array(size)) : undefined;
  }

  get sceneModel(): SizePx | undefined {
    return this.model.manifest.sceneModel;
  }

  get device(): DeviceName {
    return this.#choice.device;
  }

  get notices(): readonly string[] {
    return this.#choice.notices;
  }

  get embeddingSide(): number {
    return this.model.manifest.embedding.input;
  }

  async colorize(batch: ColorizeBatch, signal?: AbortSignal): Promise<Float32Array[]> {
    signal?.throwIfAborted();
    const packed = this.#pack(batch);
    const result = this.#run('colorize', packed, [packed.luma.buffer, packed.conditions.buffer]);
    const ab = await (signal === undefined ? result : abortable(result, signal));
    const length = ab.length / packed.count;
    return batch.pictures.map((_, i) => ab.slice(i * length, (i + 1) * length));
  }

  async embed(pictures: readonly Uint8Array[]): Promise<Float32Array[]> {
    const length = this.embeddingSide ** 2;
    pictures.forEach((picture, i) => checkLength(`embed: picture ${i}`, picture, length));
    return this.#run('embed', pictures);
  }

  condition(embedding: Float32Array): Float32Array {
    return sceneCondition(this.model, embedding);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#gone ??= this.#close());
  }

  /** Waits for the work in progress, releases the sessions and ends the thread. */
  async #close(): Promise<void> {
    try {
      await this.#submit('close', undefined);
    } finally {
      await this.#worker.destroy();
    }
  }

  #pack({ pictures, size, conditions, temperature, liveliness = 1 }: ColorizeBatch): PackedBatch {
    checkSize(size, leastSidePx(this.model.manifest));
    checkSceneModel(size, this.model.manifest);
    if (pictures.length === 0 || conditions.length !== pictures.length)
      throw usage(
        `colorize: expected one condition per picture but got ${conditions.length} for ${pictures.length}`,
      );
    pictures.forEach((picture, i) =>
      checkLength(`colorize: picture ${i}`, picture, size.widthPx * size.heightPx),
    );
    conditions.forEach((condition, i) => checkLength(`colorize: condition ${i}`, condition, conditionSize));
    const { head } = this.model.manifest;
    const own = head.kind === 'classification' ? head.temperature : 1;
    return {
      count: pictures.length,
      size,
      luma: concatenate(pictures, new Uint8Array(pictures.length * size.widthPx * size.heightPx)),
      conditions: concatenate(conditions, new Float32Array(conditions.length * conditionSize)),
      temperature: checkTemperature(temperature ?? own),
      raise: raiseOf(liveliness),
    };
  }

  async #run<Name extends keyof Tasks>(
    name: Name,
    task: Tasks[Name]['task'],
    transferList: ArrayBuffer[] = [],
  ): Promise<Tasks[Name]['value']> {
    if (this.#gone !== undefined) throw usage(`${name}: expected an open colorizer but it was disposed of`);
    await this.#opened;
    return this.#submit(name, task, transferList);
  }

  async #submit<Name extends keyof Tasks>(
    name: Name,
    task: Tasks[Name]['task'],
    transferList: ArrayBuffer[] = [],
  ): Promise<Tasks[Name]['value']> {
    const result = await this.#worker.run(task, { name, transferList }).catch((cause: unknown) => {
      throw this.#failure(name, cause);
    });
    const answer = result as TaskResult<Tasks[Name]['value']>;
    if ('fault' in answer) {
      const { code, message, cure, details } = answer.fault;
      throw new AppError(code, message, { ...(cure === undefined ? {} : { cure }), details });
    }
    return answer.value;
  }

  #failure(name: string, cause: unknown): AppError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new AppError('DEVICE_UNAVAILABLE', `${this.device}: ${name} failed: ${reason}`, {
      cure:
        this.device === 'cpu' ? 'run `chromafeed doctor`' : 'use --device cpu, or run `chromafeed doctor`',
      cause,
    });
  }
}

/**
 * The abort is not passed on to the worker, because piscina would end its thread and the session with it. A running
 * batch is finished, and its result is dropped.
 */
function abortable<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(abortReason(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function abortReason({ reason }: AbortSignal): Error {
  return reason instanceof Error
    ? reason
    : new AppError('INTERRUPTED', `colorize: stopped: ${String(reason)}`);
}

function concatenate<T extends Uint8Array | Float32Array>(
  parts: readonly (Uint8Array | Float32Array)[],
  out: T,
): T {
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

function checkSize({ widthPx, heightPx }: SizePx, leastPx: number): void {
  const isGood = (side: number): boolean => side >= leastPx && side % sideMultiple === 0;
  if (!isGood(widthPx) || !isGood(heightPx))
    throw usage(
      `colorize: expected sides that are multiples of ${sideMultiple}, ${leastPx} or more, but got ${widthPx} x ${heightPx}`,
    );
}

/** A camera's own model knows what is usual at each point of that camera's picture. */
function checkSceneModel({ widthPx, heightPx }: SizePx, { name, sceneModel }: Manifest): void {
  if (sceneModel === undefined) return;
  if (sceneModel.widthPx === widthPx && sceneModel.heightPx === heightPx) return;
  throw new AppError(
    'MODEL_MISMATCH',
    `model ${name}: expected its camera's picture, ${sceneModel.widthPx} x ${sceneModel.heightPx} for the network, but got ${widthPx} x ${heightPx}`,
    {
      cure: 'use it for its own camera and with the default --size; if the camera has moved, train the model again',
    },
  );
}

function checkLength(who: string, array: ArrayLike<number>, expected: number): void {
  if (array.length !== expected) throw usage(`${who}: expected ${expected} numbers but got ${array.length}`);
}

function checkTemperature(temperature: number): number {
  if (temperature >= 0.05 && temperature <= 5) return temperature;
  throw usage(`temperature: expected 0.05..5 but got ${temperature}`);
}

/** Raising colourful classes keeps the picture nearer to the truth than multiplying its chroma (docs/lab-book.md). */
function raiseOf(liveliness: number): number {
  if (liveliness >= 0 && liveliness <= 2) return (liveliness - 1) * greatestRaise;
  throw usage(`liveliness: expected 0..2 but got ${liveliness}`);
}

function usage(message: string): AppError {
  return new AppError('USAGE', message);
}
