import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { AppError } from '../../errors.ts';
import { bundledEmbedding } from '../../model/embedding/embedding-file.ts';
import { bundledModelDir } from '../../model/bundled-models.ts';
import { loadModel, type Model } from '../../model/model.ts';
import { openColorizer } from '../../model/open-colorizer.ts';
import type { Colorizer } from '../../model/colorizer.ts';
import type { NetworkSpec } from '../../model/tables/network.ts';
import { lumaInput } from '../../model/tables/nodes.ts';
import { sceneEmbedding } from '../../stream/palette.ts';
import type { PicturePlanes } from '../dataset/pictures/picture-planes.ts';
import { fingerprintOf } from '../../files/fingerprint.ts';
import { cutsOf } from '../features/cuts.ts';
import type { TrainablePart } from '../features/trainable-part.ts';
import { assemble } from '../features/cached-batches.ts';
import { packRecord, shapeOf } from '../features/feature-record.ts';
import { FeatureStore } from '../features/feature-store.ts';
import { FrozenPart } from '../features/frozen-part.ts';
import { saveModel } from '../learn/save-model.ts';
import { shownPicture } from '../learn/shown-picture.ts';
import type { RunSettings } from '../learn/run-settings.ts';
import { NetworkLearner } from '../learn/network-learner.ts';
import { trainNetwork } from '../learn/train-network.ts';
import type { NamedWeight } from '../learn/layers/trainable-layers.ts';
import { TrainableNetwork } from '../learn/trainable-network.ts';
import { Validation } from '../learn/validation.ts';
import { baseOf, type BaseModel } from '../run/base-model.ts';
import { judgedHead } from '../run/export-model.ts';
import type { RunReporter } from '../run/run-reporter.ts';
import { compareCamera, faultsOf, notBetter, type CameraTable } from './camera-table.ts';
import { cameraRecords, viewRecord, type RecordOptions } from './camera-records.ts';
import { CameraWork } from './camera-work.ts';
import { effortSeconds, timeStep } from './estimate.ts';
import { takeFootage, type Footage } from './footage.ts';
import { installModel, requireReplaceable } from './install-model.ts';
import { MemoryBatches } from './memory-batches.ts';
import { learnSceneModel, meanColour, type SceneModel } from './scene-model.ts';
import { sceneModelStart } from './scene-model-start.ts';
import { writeCameraSheet } from './camera-sheet.ts';
import { makeFolder } from '../../files/make-folder.ts';

/** A model to make for a camera. */
export interface CameraJob {
  /** of the camera, and of its model */
  readonly name: string;
  readonly films: readonly string[];
  readonly base: Model;
  readonly part: TrainablePart;
  /** pictures taken from the films, at most */
  readonly frames: number;
  /** last part of the time that is held out, 0..1 */
  readonly heldOut: number;
  readonly views: number;
  readonly batchSize: number;
  readonly settings: RunSettings;
  /** folder for the model, if it is better */
  readonly output: string;
  readonly licence: string;
  readonly signal: AbortSignal;
  readonly reporter: CameraReporter;
}

/** Reports the progress of a camera's training to the user. */
export interface CameraReporter extends Omit<RunReporter, 'calibrating' | 'calibrated'> {
  /** the expected time, before the training starts */
  time(seconds: number, pictures: number): void;
}

/** The result of training a camera's model. */
export interface CameraResult {
  readonly table: CameraTable;
  /** pictures that were held out */
  readonly heldOut: readonly PicturePlanes[];
  /** path of a sheet that shows some of them */
  readonly sheet: string;
  /** sentences; empty if the model is better and was installed */
  readonly faults: readonly string[];
  /** of the model's files */
  readonly bytes: number;
}

/** The last share of the training part judges the epochs, because the held-out part must not choose between them. */
const validationShare = 1 / 8;
const checkpointEveryMs = 60_000;
/** The scene's embedding is the mean of this many pictures' embeddings. */
const embeddedPictures = 12;

/**
 * Makes a model for one fixed camera: its scene model (usual lightness and colour), and a decoder tuned to it. The
 * model is installed only if it is better on the last part of the footage, which it never learnt from. The
 * TensorFlow.js backend must be open.
 * @throws {AppError} OUTPUT_EXISTS if its folder holds anything but a camera's model; as `takeFootage`
 */
export async function trainCamera(job: CameraJob): Promise<CameraResult> {
  await requireReplaceable(job.output);
  await makeFolder(dirname(job.output));
  const work = await CameraWork.open(job.output, fingerprintOf(await describeCamera(job)));
  if (work.isResumed) job.reporter.notice(`${work.dir}: resuming the unfinished work there.`);
  try {
    const result = await makeModel(job, work);
    await work.remove();
    return result;
  } catch (error) {
    if (job.signal.aborted)
      job.reporter.notice(`${work.dir} keeps what is done: repeat the command to resume.`);
    else if (error instanceof AppError && error.code.startsWith('INPUT_')) await work.remove();
    throw error;
  }
}

async function makeModel(job: CameraJob, work: CameraWork): Promise<CameraResult> {
  const { shortSide } = job.base.manifest.input;
  const footage = await takeFootage({ ...job, dir: work.pictures, shortSidePx: shortSide });
  await using before = await openColorizer({ model: job.base, device: 'cpu' });
  const embedding = await embeddingOf(footage.training, before);
  const condition = before.condition(embedding);
  const made = await learn(job, footage, { embedding, condition, work });
  const pictures = {
    before: await colorizeAll(before, footage.heldOut, embedding),
    after: await colorizeWith(made.dir, footage.heldOut, embedding),
  };
  const table = compareCamera(footage.heldOut, pictures, {
    meanColour: meanColour(footage.training),
    median: made.sceneModel.lightness,
  });
  const faults = faultsOf(table);
  const sheet = `${job.output}.jpg`;
  await writeCameraSheet(sheet, footage.heldOut, pictures);
  if (faults.length === 0) await installModel(made.dir, job.output);
  return { table, heldOut: footage.heldOut, sheet, faults, bytes: made.bytes };
}

/** Everything that a camera's model depends on. */
async function describeCamera({
  base,
  part,
  frames,
  heldOut,
  views,
  batchSize,
  settings,
  films,
}: CameraJob): Promise<unknown> {
  const files = films.map((film) => stat(film).catch(() => undefined));
  const footage = (await Promise.all(files)).map((found, i) => [films[i], found?.size, found?.mtimeMs]);
  const weights = base.weights.map(({ sha256 }) => sha256);
  return { footage, base: base.manifest.name, weights, part, frames, heldOut, views, batchSize, settings };
}

/**
 * @throws {AppError} MODEL_MISMATCH if the model is not better
 */
export function requireBetter(name: string, { faults }: CameraResult): void {
  if (faults.length > 0) throw notBetter(name, faults);
}

/** The embedding of the camera's scene, and its half of the fusion. */
interface ScenePalette {
  readonly embedding: Float32Array;
  readonly condition: Float32Array;
}

async function learn(
  job: CameraJob,
  { size, training }: Footage,
  { embedding, condition, work }: ScenePalette & { readonly work: CameraWork },
): Promise<{ dir: string; bytes: number; sceneModel: SceneModel }> {
  const trunk = await bundledEmbedding();
  const base = await baseOf(job.base, trunk);
  const spec: NetworkSpec = { ...base.spec, sceneModel: size };
  const sceneModel = learnSceneModel(training);
  const cuts = cutsOf(base.spec, job.part);
  const fingerprint = fingerprintOf(await describeCamera(job));
  await using store = await FeatureStore.open(work.features, fingerprint);
  await using frozen = await openFrozen(base, cuts);
  const options = {
    frozen,
    embedding,
    condition,
    views: job.views,
    seed: job.settings.seed,
    signal: job.signal,
    store,
  };
  const makeNetwork = (): TrainableNetwork => cameraNetwork(job, { spec, base, cuts, sceneModel });
  await announceTime(job, training, { options, makeNetwork });
  const records = await cameraRecords(training, {
    ...options,
    onProgress: (done) => job.reporter.features(done, training.length),
  });
  const judges = Math.max(1, Math.round(training.length * validationShare));
  const grid = [size.heightPx, size.widthPx] as const;
  const learnt = records.records.slice(0, -judges * job.views);
  const source = new MemoryBatches(learnt, {
    shape: records.shape,
    grid,
    batchSize: job.batchSize,
    seed: job.settings.seed,
  });
  const validation = new Validation(
    training.slice(-judges).map((picture, i) => {
      const record = records.records.at((i - judges) * job.views);
      return { ...picture, batch: assemble(record ? [record] : [], records.shape, grid) };
    }),
  );
  job.reporter.start({
    pictures: source.samplesPerEpoch,
    batches: source.batchesPerEpoch,
    validation: validation.count,
    references: validation.references(),
  });
  using network = makeNetwork();
  const { settings, signal, reporter } = job;
  using learner = new NetworkLearner({ ...settings, network, validation });
  const { weights } = await trainNetwork({
    learner,
    source,
    settings,
    signal,
    dir: work.run,
    checkpointEveryMs,
    now: () => performance.now(),
    onStep: (progress) => reporter.step(progress),
    onEpoch: (report) => {
      reporter.epoch(report);
      return Promise.resolve();
    },
    fingerprint,
  });
  const dir = work.model;
  const bytes = await saveCamera(job, { spec, base, weights, dir });
  return { dir, bytes, sceneModel };
}

async function openFrozen({ spec, weights }: BaseModel, cuts: readonly string[]): Promise<FrozenPart> {
  if (weights === undefined) throw new TypeError('a camera is tuned from a model that has weights');
  return await FrozenPart.open({
    spec,
    cuts: cuts.filter((name) => name !== lumaInput),
    weights,
    threads: availableParallelism(),
  });
}

/** Estimates how long the training takes, before it starts, by measuring one picture and one step. */
async function announceTime(
  { views, batchSize, settings, reporter }: CameraJob,
  training: readonly PicturePlanes[],
  {
    options,
    makeNetwork,
  }: { readonly options: Omit<RecordOptions, 'onProgress'>; readonly makeNetwork: () => TrainableNetwork },
): Promise<void> {
  const [first] = training;
  if (first === undefined) return;
  const startMs = performance.now();
  const record = await viewRecord(first, { number: 0, view: 0 }, options);
  const secondsPerPicture = (views * (performance.now() - startMs)) / 1000;
  const grid = [first.size.heightPx, first.size.widthPx] as const;
  using network = makeNetwork();
  const batch = assemble(
    Array.from({ length: batchSize }, () => packRecord(record)),
    shapeOf(record),
    grid,
  );
  const seconds = effortSeconds({
    pictures: training.length - options.store.samples,
    secondsPerPicture,
    steps: settings.epochs * Math.ceil((training.length * views) / batchSize),
    secondsPerStep: timeStep(network, batch, settings),
  });
  reporter.time(seconds, training.length);
}

/** The parts of a camera's network. */
interface CameraNetwork {
  readonly spec: NetworkSpec;
  readonly base: BaseModel;
  readonly cuts: readonly string[];
  readonly sceneModel: SceneModel;
}

function cameraNetwork(job: CameraJob, { spec, base, cuts, sceneModel }: CameraNetwork): TrainableNetwork {
  const sceneWeights = new Map([
    ['place.lightness', sceneModel.lightness],
    ['place.spread', sceneModel.spread],
    ['place.colour', sceneModel.ab],
    ...sceneModelStart(job.settings.seed),
  ]);
  const plan = {
    spec,
    cuts: [...cuts, lumaInput],
    embeddingSize: base.embedding.size,
    hasNorm: false,
  };
  const initial = (name: string): Float32Array | undefined =>
    name.startsWith('place.') ? sceneWeights.get(name) : base.weights?.(name);
  return new TrainableNetwork(plan, initial, job.settings.seed);
}

async function saveCamera(
  job: CameraJob,
  made: { spec: NetworkSpec; base: BaseModel; weights: ReadonlyMap<string, NamedWeight>; dir: string },
): Promise<number> {
  const { manifest, dir: baseDir } = job.base;
  const isBundled = bundledModelDir(manifest.name) === baseDir && manifest.base === undefined;
  const weights = new Map(isBundled ? made.weights : [...ownWeights(job.base, made.base), ...made.weights]);
  const { weights: saved } = await saveModel(
    made.dir,
    {
      formatVersion: 1,
      name: job.name,
      version: 1,
      architecture: manifest.architecture,
      input: manifest.input,
      embedding: manifest.embedding,
      head: judgedHead(manifest.head, job.settings.objective),
      ownTrunkAfter: manifest.ownTrunkAfter,
      encoder: manifest.encoder,
      ...(made.spec.sceneModel === undefined ? {} : { sceneModel: made.spec.sceneModel }),
      ...(isBundled ? { base: { name: manifest.name, sha256: manifest.weights.sha256 } } : {}),
      provenance: {
        description: `${manifest.name} version ${manifest.version}, tuned to one fixed camera by chromafeed train --camera`,
        trainedOn: "footage of the camera, its owner's",
        licence: job.licence,
        date: new Date().toISOString().slice(0, 10),
      },
      metrics: {},
    },
    weights,
  );
  return saved.bytes;
}

/** All tensors of a model that is not bundled: a camera's model must not depend on that model's folder. */
function ownWeights({ manifest }: Model, base: BaseModel): [string, NamedWeight][] {
  const read = base.weights;
  return read === undefined
    ? []
    : Object.entries(manifest.tensors).map(([name, shape]) => [name, { shape, data: read(name) }]);
}

async function embeddingOf(pictures: readonly PicturePlanes[], colorizer: Colorizer): Promise<Float32Array> {
  const [first] = pictures;
  if (first === undefined) throw new RangeError('a scene needs at least one picture');
  const step = pictures.length / Math.min(embeddedPictures, pictures.length);
  const chosen = Array.from({ length: Math.min(embeddedPictures, pictures.length) }, (_, i) => {
    return (pictures[Math.floor(i * step)] ?? first).luma;
  });
  return sceneEmbedding(chosen, first.size, colorizer);
}

async function colorizeWith(
  dir: string,
  pictures: readonly PicturePlanes[],
  embedding: Float32Array,
): Promise<Uint8Array[]> {
  await using colorizer = await openColorizer({ model: await loadModel(dir), device: 'cpu' });
  return await colorizeAll(colorizer, pictures, embedding);
}

/** Colours pictures one by one as the program shows them, without steadying over time. */
async function colorizeAll(
  colorizer: Colorizer,
  pictures: readonly PicturePlanes[],
  embedding: Float32Array,
): Promise<Uint8Array[]> {
  const stride = colorizer.stride;
  const conditions = [colorizer.condition(embedding)];
  const coloured: Uint8Array[] = [];
  for (const { luma, size } of pictures) {
    const [ab] = await colorizer.colorize({ pictures: [luma], size, conditions });
    if (ab === undefined) throw new TypeError('expected an answer for one picture');
    const grid = [size.heightPx / stride, size.widthPx / stride] as const;
    coloured.push(shownPicture(luma, ab, grid, size));
  }
  return coloured;
}
