/** Which colour head a model has. `stride`: how many luma pixels one output pixel spans, each way. */
export type Head =
  | {
      readonly kind: 'classification';
      readonly stride: 4;
      readonly classes: number;
      /** see `AnnealedMeanOp`; absent: 0 */
      readonly fade?: number | undefined;
    }
  | { readonly kind: 'regression'; readonly stride: 2 };

/** The head that chooses among classes of colour. */
export type ClassificationHead = Extract<Head, { kind: 'classification' }>;
