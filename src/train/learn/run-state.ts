import { z } from 'zod';

/** Progress of a run, reported after each step. */
export interface StepProgress {
  readonly epoch: number;
  readonly step: number;
  readonly totalSteps: number;
  /** pictures in the step */
  readonly pictures: number;
  readonly loss: number;
}

/** JSON writes numbers that are not finite as null. */
const measured = z
  .number()
  .nullable()
  .transform((value) => value ?? NaN);

const scoresSchema = z.object({
  psnrDb: measured,
  ciede2000: measured,
  colourfulness: measured,
  score: measured,
});

const epochReportSchema = z.object({
  epoch: z.int().min(0),
  /** steps of the run so far */
  step: z.int().min(0),
  /** mean over the epoch's steps */
  loss: z.number(),
  learningRate: z.number(),
  scores: scoresSchema.readonly(),
  isBest: z.boolean(),
  /** what else was measured, by name, such as `sceneAccuracy` */
  measures: z.record(z.string(), measured).exactOptional(),
});

/** The result of one epoch. */
export type EpochReport = Readonly<z.infer<typeof epochReportSchema>>;

/** What a checkpoint stores in addition to tensors. */
export const runStateSchema = z.object({
  /** of settings, data and first weights: a different one means a different run */
  fingerprint: z.string(),
  epoch: z.int().min(0),
  /** batches of the epoch that the run has learnt from */
  batch: z.int().min(0),
  step: z.int().min(0),
  lossSum: z.number(),
  /** `best` is null until an epoch has been judged, because JSON has no Infinity */
  plateau: z.object({ reductions: z.int().min(0), badEpochs: z.int().min(0), best: z.number().nullable() }),
  epochsWithoutBetter: z.int().min(0),
  history: z.array(epochReportSchema),
});

export type RunState = z.infer<typeof runStateSchema>;

/** The state of a run that has not started. */
export function firstState(fingerprint: string): RunState {
  return {
    fingerprint,
    epoch: 0,
    batch: 0,
    step: 0,
    lossSum: 0,
    plateau: { reductions: 0, badEpochs: 0, best: null },
    epochsWithoutBetter: 0,
    history: [],
  };
}
