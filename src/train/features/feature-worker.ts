/** A worker thread that owns the frozen part of a network. Each export is a task for piscina. */
import type { NetworkSpec } from '../../model/tables/network.ts';
import { lumaInput } from '../../model/tables/nodes.ts';
import { readWeights } from '../../model/weights/read-weights.ts';
import type { ChecksummedFile } from '../../model/weights/weights.ts';
import { augment, type LumaAndColour } from '../dataset/pictures/augment.ts';
import { meanAb } from './mean-ab.ts';
import { randomFrom } from '../random.ts';
import { FrozenPart } from './frozen-part.ts';
import { lumaMap } from './luma-map.ts';
import { packRecord, shapeOf, type RecordShape } from './feature-record.ts';

/** Which frozen part; plain data. */
export interface FrozenSetup {
  readonly spec: NetworkSpec;
  readonly cuts: readonly string[];
  readonly weights: readonly ChecksummedFile[];
  readonly trunk?: ChecksummedFile;
  /** whether the luma is kept, too */
  readonly keepsLuma?: boolean;
}

/** A sample to compute features of. */
export interface FeatureTask {
  readonly setup: FrozenSetup;
  readonly picture: LumaAndColour;
  readonly embedding: Float32Array;
  /** number of views; the first is the unchanged picture if `strength` is 0 */
  readonly views: number;
  readonly strength: number;
  /** of the random variations: the run's seed, and the sample's number */
  readonly seeds: readonly [number, number];
}

export interface FeatureAnswer {
  readonly shape: RecordShape;
  readonly records: readonly Uint8Array[];
}

let opened: Promise<FrozenPart> | undefined;

/** Makes the packed records of all views of one sample. */
export async function extract(task: FeatureTask): Promise<FeatureAnswer> {
  const frozen = await (opened ??= open(task.setup));
  const conditions = frozen.conditionsOf(task.embedding);
  const records: Uint8Array[] = [];
  let shape: RecordShape | undefined;
  for (let view = 0; view < task.views; view++) {
    const random = randomFrom(...task.seeds, view);
    const picture = await augment(task.picture, random, { strength: task.strength, isFixed: false });
    const { size, luma } = picture;
    const [maps] = await frozen.run({ size, luma, ...conditions });
    if (maps === undefined) throw new TypeError('expected features of one picture');
    if (task.setup.keepsLuma === true) maps.set(lumaInput, lumaMap(luma, size));
    const ab = meanAb(picture.ab, size, task.setup.spec.head.stride);
    const record = { maps, ab, embedding: task.embedding };
    shape ??= shapeOf(record);
    records.push(packRecord(record));
  }
  if (shape === undefined) throw new RangeError('expected one view or more');
  return { shape, records };
}

/** Each session has one thread, because there are as many workers as cores. */
async function open({ spec, cuts, weights, trunk }: FrozenSetup): Promise<FrozenPart> {
  return FrozenPart.open({ spec, cuts, weights: await readWeights(weights, trunk), threads: 1 });
}
