/** The part of a network that is trained. The layers before it are frozen (`cutsOf`). */
export const trainableParts = ['all', 'trunk', 'decoder', 'head'] as const;

export type TrainablePart = (typeof trainableParts)[number];
