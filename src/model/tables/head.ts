/** The colour head of a model. `stride`: the width and height of one output pixel, luma pixels. */
export type Head =
  | {
      readonly kind: 'classification';
      readonly stride: 4;
      readonly classes: number;
      /** see `AnnealedMeanOp`; absent: 0 */
      readonly fade?: number | undefined;
    }
  | { readonly kind: 'regression'; readonly stride: 2 };

/** The head that classifies colours. */
export type ClassificationHead = Extract<Head, { kind: 'classification' }>;
