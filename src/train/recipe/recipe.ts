import { z } from 'zod';
import { trainableParts } from '../features/trainable-part.ts';
import { architectures } from '../../model/tables/network.ts';
import { classSources, objectiveKinds } from '../learn/choices.ts';

const learners = ['network', 'critic', 'both'] as const;
const whole = z.int().min(1);
const weight = z.number().min(0).max(1000);
const share = z.number().min(0).max(1);

/** The network of a recipe. */
const networkSchema = z.strictObject({
  architecture: z.enum(architectures).describe('the layer tables'),
  from: z
    .string()
    .min(1)
    .exactOptional()
    .describe('the model that the first phase starts from; absent: the default model'),
  fresh: z.boolean().default(false).describe('whether the trained part starts from random weights'),
  classes: z
    .enum(classSources)
    .exactOptional()
    .describe(
      'the classes of colour: gamut, what sRGB can show on a grid of 10; model (default), those of `from`',
    ),
  width: z
    .number()
    .min(1 / 64)
    .max(2)
    .exactOptional()
    .describe('multiplies the channels; absent: 1'),
  backbone: z
    .string()
    .min(1)
    .exactOptional()
    .describe(
      'the network whose weights the encoder gets: an ONNX file, a Keras .h5 file, or the model.json of TensorFlow.js layers',
    ),
  attention: z.boolean().exactOptional().describe('whether the decoder has self-attention; absent: no'),
});

/** The critic of a recipe that has phases for one. */
const criticSchema = z.strictObject({
  width: z
    .number()
    .min(1 / 64)
    .max(1)
    .default(1)
    .describe("multiplies the channels; 1 is DeOldify's"),
  blocks: z.int().min(1).max(5).default(3).describe('blocks that halve both sides'),
});

/** One phase. The settings that `chromafeed train` has as options have the same names, ranges and defaults. */
const phaseSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected lower-case letters, digits, "-"'),
  learns: z
    .enum(learners)
    .default('network')
    .describe('network: alone; critic: alone, from saved outputs of the network; both: against each other'),
  share: z
    .number()
    .min(0.01)
    .max(100)
    .default(1)
    .describe('of the pictures if `--pictures` limits them, in proportion to the other phases'),
  train: z.enum(trainableParts).exactOptional(),
  objective: z.enum(objectiveKinds).exactOptional(),
  lambda: share.exactOptional(),
  meanWeight: weight.exactOptional(),
  temperature: z.number().min(0.05).max(5).exactOptional(),
  colourWeight: weight.exactOptional(),
  perceptualWeight: weight.exactOptional(),
  sceneWeight: weight.exactOptional(),
  adversarialWeight: weight.exactOptional(),
  grow: z
    .array(z.string().min(1))
    .min(1)
    .exactOptional()
    .describe(
      'names of values: layers up to the first one are trained alone and frozen, then up to the next one',
    ),
  epochs: whole.exactOptional(),
  epochBatches: whole.exactOptional(),
  batchSize: whole.exactOptional(),
  learningRate: z.number().min(1e-7).max(1).exactOptional(),
  schedule: z.enum(['plateau', 'cosine']).exactOptional(),
  warmUp: z.int().min(0).max(1e6).exactOptional(),
  patience: whole.exactOptional(),
  stopAfter: whole.exactOptional(),
  clip: z.number().min(1e-3).max(1e6).exactOptional(),
  average: z.number().min(0).max(0.99999).exactOptional(),
  embeddingDropout: share.exactOptional(),
  views: whole.exactOptional(),
  augment: z.number().min(0).max(2).exactOptional(),
});

/** The schema of a recipe's file. */
export const recipeSchema = z.strictObject({
  source: z.string().min(1).describe('the work that the recipe follows, and how it differs from it'),
  network: networkSchema,
  critic: criticSchema.exactOptional(),
  phases: z
    .array(phaseSchema)
    .min(1)
    .max(20)
    .refine(haveOwnNames, 'expected a different name for each phase')
    .refine(haveCriticFirst, 'expected a phase with "learns: critic" before one with "learns: both"')
    .refine(endWithNetwork, 'expected a last phase in which the network learns'),
});

/** How a network is trained: which network, and one phase after the other, each from the weights of the one before. */
export type Recipe = z.output<typeof recipeSchema>;

/** A part of a recipe with its own objective, schedule and folder. */
export type RecipePhase = Recipe['phases'][number];

/** What learns in a phase. */
export type PhaseLearner = (typeof learners)[number];

type Phases = readonly { readonly learns: PhaseLearner }[];

function haveCriticFirst(phases: Phases): boolean {
  const both = phases.findIndex(({ learns }) => learns === 'both');
  const critic = phases.findIndex(({ learns }) => learns === 'critic');
  return both === -1 || (critic !== -1 && critic < both);
}

function endWithNetwork(phases: Phases): boolean {
  return phases.at(-1)?.learns !== 'critic';
}

function haveOwnNames(phases: readonly { readonly name: string }[]): boolean {
  return new Set(phases.map(({ name }) => name)).size === phases.length;
}
