/** The plan of a film that is made in parts: plain data for JSON, which travels to other machines. */
import { z } from 'zod';
import { AppError } from '../../../errors.ts';
import { deviceNames } from '../../../model/engine/devices.ts';
import { engineNames } from '../../../model/engine/engine.ts';
import { precisionNames } from '../../../model/engine/precision.ts';

const sizeShape = { widthPx: z.int().min(1), heightPx: z.int().min(1) };

/** The options that the colours, the frames and the encoding depend on. They are the same for all parts. */
const optionsSchema = z.strictObject({
  size: z.int().optional(),
  temperature: z.number().optional(),
  liveliness: z.number().optional(),
  saturation: z.number().optional(),
  maxMegapixels: z.number().optional(),
  recolor: z.boolean().optional(),
  networkEvery: z.int().optional(),
  sceneThreshold: z.number().optional(),
  deinterlace: z.enum(['auto', 'on', 'off']).optional(),
  codec: z.string().optional(),
  crf: z.number().optional(),
  preset: z.string().optional(),
  pixFmt: z.string().optional(),
  dropUncarried: z.boolean().optional(),
  start: z.number().optional(),
  duration: z.number().optional(),
  frameRate: z.number().optional(),
  skipBad: z.boolean().optional(),
  compare: z.enum(['side', 'split']).optional(),
  segmentFrames: z.int().optional(),
});

/** The network that colours all parts, as it was chosen for the first one. */
const networkSchema = z.strictObject({
  /** A bundled model's name, or the folder of a model on the machine that made the plan. */
  model: z.string(),
  engine: z.enum(engineNames),
  device: z.enum(deviceNames),
  precision: z.enum(precisionNames),
});

/** What is decided once for the whole film. */
const colorSchema = z.strictObject({
  /** The picture inside black bars, luma pixels. */
  rect: z.strictObject({ x: z.int(), y: z.int(), width: z.int().min(1), height: z.int().min(1) }),
  matrix: z.enum(['bt601', 'bt709', 'bt2020']),
  /** Size of the network's picture. */
  smallSize: z.strictObject(sizeShape),
  stride: z.int().min(1),
  batchFrames: z.int().min(1),
  blockFrames: z.int().min(1),
  /** Whether scenes that are in colour keep it. */
  keepsOwnColor: z.boolean(),
  /** Lengths of the segments, frames; `docs/film.md` says where they end. */
  segments: z.strictObject({ longest: z.int().min(1), shortest: z.int().min(1) }),
  /** Threads of the encoder if its output depends on them; absent: it does not. */
  encoderThreads: z.int().min(1).optional(),
});

/** The state in which the search for scenes is at the start of a part, and the frames by which a seek is checked. */
const partStartSchema = z.strictObject({
  /** The last frames before the part, oldest first: `pts` in ticks, `crc` of the luma bytes. */
  context: z.array(z.strictObject({ pts: z.int(), crc: z.int().min(0) })).max(64),
  cutState: z.unknown(),
});

const partSchema = z.strictObject({
  /** 0, 1, 2 ... */
  number: z.int().min(0),
  /** Its first frame, counted from the first frame of the film (or of what `start` and `duration` choose). */
  firstFrame: z.int().min(0),
  /** The number of its frames. */
  frames: z.int().min(1),
  /** Times of its first and last frame, ticks of the source's time base. */
  firstPts: z.int(),
  lastPts: z.int(),
  /** Its length, seconds, for progress and priorities. */
  durationS: z.number().min(0),
  /** CRC-32 over the luma of all its frames. A machine that decodes other frames than the planner notices it. */
  lumaCrc: z.int().min(0),
  /** Absent in the first part. */
  start: partStartSchema.optional(),
});

const planSchema = z.strictObject({
  version: z.literal(1),
  /**
   * A checksum, hexadecimal, of everything that the film depends on: contents of the input (no path, no time),
   * options, model, engine, device, precision, ffmpeg and program. Equal fingerprints and part numbers give equal bytes.
   */
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  /** The same in words, for messages: what a machine must have, to make a part of this film. */
  settings: z.record(z.string(), z.unknown()),
  /** The file name of the finished film, without a folder: `reel 7.mkv`. It chooses the container. */
  outputName: z.string().min(1),
  options: optionsSchema,
  network: networkSchema,
  color: colorSchema,
  /** The frames of all parts together. */
  frames: z.int().min(1),
  /** At least one, in order and without gaps. A film without cuts has one part. */
  parts: z.array(partSchema).min(1),
});

/** The plan of a film in parts. */
export type PartsPlan = z.infer<typeof planSchema>;
/** One part of the plan. */
export type PartPlan = PartsPlan['parts'][number];
/** The options that all parts share. */
export type SharedOptions = PartsPlan['options'];

/** Chooses the options that all parts share. */
export function sharedOptions(options: SharedOptions): SharedOptions {
  const names = Object.keys(optionsSchema.shape) as (keyof SharedOptions)[];
  const entries = names.map((name) => [name, options[name]]).filter(([, value]) => value !== undefined);
  return optionsSchema.parse(Object.fromEntries(entries));
}

/**
 * Reads a plan that came from another machine.
 * @param value - parsed JSON
 * @throws {AppError} PLAN_MISMATCH when it is not a plan of this version of the program; the message names the fields
 */
export function parsePartsPlan(value: unknown): PartsPlan {
  const parsed = planSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError('PLAN_MISMATCH', `plan of parts: ${z.prettifyError(parsed.error)}`, {
    cure: 'plan the film again with the version of chromafeed that makes its parts',
    cause: parsed.error,
  });
}
