import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { SizePx } from '../frame.ts';
import { plainText } from '../log/plain-text.ts';
import { architectures } from './tables/network.ts';

/** The largest size of a `model.json`, bytes. A network of 1000 tensors needs a twentieth of it. */
export const maxManifestBytes = 2 ** 20;
/** The largest size of a model's weights, bytes. Node cannot read a larger file in one piece. */
const maxWeightsBytes = 2 ** 31 - 1;

/** The newest `formatVersion` this program reads. */
const manifestVersion = 1;

const side = z.int().min(1).max(65_536);

const head = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('classification').describe('a distribution over bins of a*, b*, and its annealed mean'),
    stride: z.literal(4).describe('luma pixels that one output pixel spans, each way'),
    classes: z.int().min(2).max(4096),
    temperature: z.number().min(0.05).max(5).describe('default T of the annealed mean: lower is livelier'),
    fade: z
      .number()
      .min(0)
      .max(8)
      .optional()
      .describe('how strongly colour fades where the likely classes disagree in hue; absent: not at all'),
  }),
  z.strictObject({
    kind: z.literal('regression').describe('a*, b* directly'),
    stride: z.literal(2).describe('luma pixels that one output pixel spans, each way'),
  }),
]);

/** Names inside a manifest are printed, so they must not contain control characters. */
const namePattern = /^[\w.-]{1,128}$/;
const namesExpected = 'expected letters, digits, ".", "_", "-"';

/** The names that a model may have. */
export const modelNamePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** The content of `model.json`: what a model is, what its input is, and where it comes from. */
const storedManifestSchema = z.strictObject({
  formatVersion: z.literal(manifestVersion),
  name: z.string().regex(modelNamePattern, 'expected lower-case letters, digits, ".", "_", "-"'),
  version: z.int().min(1).describe('increases with each training of the model with this name'),
  architecture: z.enum(architectures).describe('the layer tables for the weights'),
  input: z.strictObject({
    shortSide: z.int().min(8).max(4096).describe('short side of the training pictures, pixels'),
    multipleOf: z.literal(8).describe('both sides must be multiples of this'),
    lightness: z
      .enum(['L/50-1', 'v/127.5-1', '(v-127)/128', '(v-114.5)/57.6'])
      .describe('how the network converts luma: to scaled CIE lightness, or to scaled bytes'),
  }),
  embedding: z.strictObject({
    network: z
      .string()
      .regex(namePattern, namesExpected)
      .describe('the network whose vector the model was trained with'),
    size: z.int().min(1).max(65_536).describe('length of the vector'),
    input: z.int().min(32).max(4096).describe('side of the square gray picture for that network, pixels'),
    range: z.tuple([z.number(), z.number()]).describe('values of black and white for that network'),
    isOptional: z
      .literal(true)
      .optional()
      .describe('the model was also trained without the vector (all zeros)'),
  }),
  head,
  ownTrunkAfter: z
    .enum(['luma', 'mixed6'])
    .optional()
    .describe(
      "the trunk's layers after this value are among the tensors, `luma`: all of them; absent: all are the embedding network's",
    ),
  encoder: z
    .strictObject({
      width: z.number().min(0.25).max(2).describe('multiplies its channels: 1 is lite0, 1.1 is lite2'),
      depth: z.number().min(0.5).max(2).describe('multiplies its blocks: 1 is lite0, 1.2 is lite2'),
      enlargement: z
        .union([z.literal(1), z.literal(1.25), z.literal(1.5)])
        .describe('the encoder sees the picture enlarged by this factor'),
    })
    .optional()
    .describe('the encoder of efficientnet-lite; absent with the other architectures'),
  width: z
    .number()
    .min(1 / 64)
    .max(2)
    .optional()
    .describe('multiplies the channels of a published network; absent: 1'),
  hasAttention: z.literal(true).optional().describe('the decoder has self-attention; absent: it has none'),
  sceneClasses: z
    .int()
    .min(2)
    .max(65_536)
    .optional()
    .describe('kinds of scene that its class head tells apart; absent: it has no class head'),
  activations: z
    .record(z.string().regex(namePattern, namesExpected), z.tuple([z.number(), z.number()]))
    .optional()
    .describe(
      'least and greatest number of each value that can have 8 bits, by name; absent: the network computes in float32 only',
    ),
  place: z
    .strictObject({ widthPx: z.int().min(16).max(4096), heightPx: z.int().min(16).max(4096) })
    .optional()
    .describe("for a camera's model, the size of its pictures for the network; absent: any picture"),
  base: z
    .strictObject({
      name: z.string().regex(namePattern, namesExpected),
      sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits'),
    })
    .optional()
    .describe('the model that this one was made from; it supplies the tensors that are missing here'),
  weights: z.strictObject({
    file: z.string().regex(/^[\w.-]+\.safetensors$/, 'expected a .safetensors file beside model.json'),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits'),
    bytes: z.int().min(1).max(maxWeightsBytes),
  }),
  tensors: z
    .record(z.string().regex(namePattern, namesExpected), z.array(side).max(8))
    .describe('shape of each tensor, by name'),
  provenance: z.strictObject({
    description: z.string().min(1),
    trainedOn: z.string().min(1).describe('which pictures, and their licences'),
    licence: z.string().min(1).describe('of the weights'),
    date: z.iso.date().optional(),
  }),
  metrics: z
    .record(z.string(), z.union([z.number(), z.string()]))
    .describe('measured values, and on what they were measured'),
});

type StoredManifest = z.infer<typeof storedManifestSchema>;

/** The content of `model.json`. */
export type Manifest = Omit<StoredManifest, 'place'> & {
  /** picture size of the one fixed camera whose scene the model knows (`place` in the file); absent: any picture */
  readonly sceneModel?: SizePx | undefined;
};

/**
 * Reads a manifest.
 * @param text - the JSON file's content
 * @param who - the file's name, for messages
 * @throws {AppError} MODEL_INVALID with every fault in one message
 */
export function parseManifest(text: string, who: string): Manifest {
  const value = parseJson(text, who);
  checkVersion(value, who);
  const result = storedManifestSchema.safeParse(value);
  if (result.success) return withEncoder(fromStored(result.data), who);
  const faults = result.error.issues.map((issue) => describeIssue(issue, value));
  throw new AppError('MODEL_INVALID', `${who}: ${faults.join('; ')}`, {
    cure: 'correct the manifest, or fetch the model again',
    details: { faults },
  });
}

/** Checks that a manifest has an encoder if and only if its architecture needs one. */
function withEncoder(manifest: Manifest, who: string): Manifest {
  const needsEncoder = manifest.architecture === 'efficientnet-lite';
  if (needsEncoder === (manifest.encoder !== undefined)) return manifest;
  const [expected, got] = needsEncoder ? ['an encoder', 'none'] : ['no encoder', 'one'];
  throw new AppError(
    'MODEL_INVALID',
    `${who}: ${manifest.architecture}: expected ${expected} but got ${got}`,
    {
      cure: 'correct the manifest, or fetch the model again',
    },
  );
}

/**
 * Writes a manifest that `parseManifest` can read.
 * @returns the text of `model.json`
 * @throws {z.ZodError} when a value is out of its range, which is a fault in the program
 */
export function formatManifest({ sceneModel, ...rest }: Manifest): string {
  const stored = storedManifestSchema.parse({ ...rest, place: sceneModel });
  return `${JSON.stringify(stored, undefined, 2)}\n`;
}

function fromStored({ place, ...rest }: StoredManifest): Manifest {
  return place === undefined ? rest : { ...rest, sceneModel: place };
}

function parseJson(text: string, who: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('MODEL_INVALID', `${who}: expected JSON but got something else`, {
      cure: 'fetch the model again',
      cause,
    });
  }
}

/** A newer format may differ anywhere, so only its version is reported. */
function checkVersion(value: unknown, who: string): void {
  if (typeof value !== 'object' || value === null || !('formatVersion' in value)) return;
  const version = value.formatVersion;
  if (typeof version !== 'number' || version === manifestVersion) return;
  throw new AppError(
    'MODEL_INVALID',
    `${who}: expected formatVersion ${manifestVersion} but got ${version}`,
    {
      cure: version > manifestVersion ? 'update chromafeed' : 'fetch a newer edition of the model',
    },
  );
}

function describeIssue(issue: z.core.$ZodIssue, root: unknown): string {
  const path = issue.path.map((key) => plainText(String(key))).join('.') || 'the manifest';
  if (issue.code === 'unrecognized_keys')
    return `${path}: unknown key ${issue.keys.map(plainText).join(', ')}`;
  return `${path}: ${issue.message} but got ${show(issue.path.reduce(valueAt, root))}`;
}

function valueAt(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : plainText(JSON.stringify(value).slice(0, 80));
}
