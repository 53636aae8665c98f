import type { Objective } from './objectives.ts';

/** Where the classes of colour of a fresh network come from. */
export const classSources = ['model', 'gamut'] as const;
export type ClassSource = (typeof classSources)[number];

/** What a step may minimize: see `Objective`. */
export const objectiveKinds = ['mse', 'rebalanced', 'huber'] as const satisfies readonly Objective['kind'][];
