/** How the learning rate changes over a run. */
export interface LearningRateSettings {
  readonly base: number;
  /**
   * `plateau`: falls to a tenth whenever validation has not improved for `patience` epochs. `cosine`: falls to 1 % at
   * the end.
   */
  readonly schedule: 'plateau' | 'cosine';
  /** steps over which it rises from 0 */
  readonly warmUpSteps: number;
  /** of all steps; `cosine` ends there */
  readonly totalSteps: number;
  readonly patience: number;
}

/** What a checkpoint stores of it. */
export interface PlateauState {
  readonly reductions: number;
  readonly badEpochs: number;
  readonly best: number;
}

/** The learning rate of each step. */
export class LearningRate {
  readonly #settings: LearningRateSettings;
  #state: PlateauState;

  constructor(settings: LearningRateSettings, state?: PlateauState) {
    this.#settings = settings;
    this.#state = state ?? { reductions: 0, badEpochs: 0, best: Infinity };
  }

  get state(): PlateauState {
    return this.#state;
  }

  /** @param step - 0 for the first */
  at(step: number): number {
    const { base, schedule, warmUpSteps, totalSteps } = this.#settings;
    const warm = warmUpSteps > 0 ? Math.min(1, (step + 1) / warmUpSteps) : 1;
    if (schedule === 'plateau') return base * warm * 0.1 ** this.#state.reductions;
    const progress = Math.min(1, Math.max(0, step - warmUpSteps) / Math.max(1, totalSteps - warmUpSteps));
    return base * warm * (0.01 + 0.99 * 0.5 * (1 + Math.cos(Math.PI * progress)));
  }

  /**
   * Takes in an epoch's validation score.
   * @param score - lower is better
   * @returns whether it is the best so far
   */
  report(score: number): boolean {
    const { best, badEpochs, reductions } = this.#state;
    if (score < best) {
      this.#state = { reductions, badEpochs: 0, best: score };
      return true;
    }
    const isPlateau = badEpochs + 1 >= this.#settings.patience;
    this.#state = isPlateau
      ? { reductions: reductions + 1, badEpochs: 0, best }
      : { reductions, badEpochs: badEpochs + 1, best };
    return false;
  }
}
