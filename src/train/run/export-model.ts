import type { Model } from '../../model/model.ts';
import { readWeights } from '../../model/weights/read-weights.ts';
import type { Manifest } from '../../model/manifest.ts';
import { weightShapes } from '../../model/tables/network.ts';
import type { ChecksummedFile } from '../../model/weights/weights.ts';
import type { Objective } from '../learn/objectives.ts';
import { saveModel, type ManifestFacts } from '../learn/save-model.ts';
import type { EpochReport } from '../learn/run-state.ts';
import type { NamedWeight } from '../learn/layers/trainable-layers.ts';
import type { Scores } from '../learn/validation.ts';
import type { BaseModel } from './base-model.ts';

/** The parts of a finished model, apart from its trained weights. */
export interface ModelParts {
  /** of the new model */
  readonly name: string;
  readonly version: number;
  readonly provenance: ManifestFacts['provenance'];
  readonly base: BaseModel;
  /** the model that the untrained part takes its weights from */
  readonly from: Model;
  /** the bundled embedding network */
  readonly trunk: ChecksummedFile;
  /** short side of the training pictures, pixels */
  readonly shortSidePx: number;
  /** with the temperature and fading of the judgement */
  readonly head: Manifest['head'];
}

/** What an epoch provides for a model. */
export interface FinishedEpoch {
  /** by name, in the tables' layout */
  readonly trained: ReadonlyMap<string, NamedWeight>;
  readonly report: EpochReport;
}

/** A head, with the temperature that a network was judged with. */
export function judgedHead(head: Manifest['head'], { temperature }: Objective): Manifest['head'] {
  return head.kind === 'classification' ? { ...head, temperature } : head;
}

/**
 * Writes a whole model: the trained weights, and for the rest the weights of the model that training started from.
 * @param dir - an older model in it is replaced
 */
export async function exportModel(
  dir: string,
  parts: ModelParts,
  { trained, report }: FinishedEpoch,
): Promise<void> {
  const { base, from, trunk, head, provenance } = parts;
  const own = await readWeights(from.weights, trunk);
  const weights = new Map<string, NamedWeight>();
  for (const [name, shape] of weightShapes(base.spec, base.embedding.size)) {
    weights.set(name, trained.get(name) ?? { shape, data: own(name) });
  }
  const facts: ManifestFacts = {
    formatVersion: 1,
    name: parts.name,
    version: parts.version,
    architecture: base.spec.architecture,
    input: { ...base.input, shortSide: parts.shortSidePx },
    embedding: base.embedding,
    provenance,
    ownTrunkAfter: base.spec.ownTrunkAfter,
    encoder: base.spec.encoder,
    width: base.spec.width,
    hasAttention: base.spec.hasAttention === true ? true : undefined,
    sceneClasses: base.spec.sceneClasses,
    head,
    metrics: { ...metricsOf(report.scores), epoch: report.epoch + 1 },
  };
  await saveModel(dir, facts, weights);
}

/** A model's scores on the held-out pictures, as its manifest stores them. */
export function metricsOf({ psnrDb, ciede2000, colourfulness }: Scores): Manifest['metrics'] {
  const round = (value: number): number => Math.round(value * 1000) / 1000;
  return {
    validationPsnrDb: round(psnrDb),
    validationCiede2000: round(ciede2000),
    validationColourfulness: round(colourfulness),
  };
}
