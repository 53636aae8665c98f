/** Which part of a network is trained; what lies before it is frozen (`cutsOf`). */
export const trainableParts = ['all', 'trunk', 'decoder', 'head'] as const;

export type TrainablePart = (typeof trainableParts)[number];
