import { join } from 'node:path';
import type { FilmResources } from '../stream/film/film-resources.ts';
import { AppError } from '../errors.ts';
import type { ImportedModel } from '../model/imported/imported-model.ts';
import type { Model } from '../model/model.ts';
import { isPicturePath } from '../stream/film/still/image-format.ts';
import { evaluateClip } from './clip/evaluate-clip.ts';
import { Eta } from './eta.ts';
import type { FileResult } from './figures.ts';
import { gatherOutcomes, type ModelWork } from './gather-outcome.ts';
import type { EvaluationOutcome, Failure } from './evaluation-outcome.ts';
import { evaluatePhoto, type PictureTriple } from './photo/evaluate-photo.ts';
import { PictureStore } from './report/picture-store.ts';
import type { EvaluationHooks, EvaluationPlan } from './evaluation-plan.ts';
import { resultKey, type BlendFacts, type ResultJournal } from './result-journal.ts';

/** The folders of a run. */
export interface RunStores {
  readonly journal: ResultJournal;
  /** For pictures and temporary files. */
  readonly folder: string;
  /** The second model of a blend. */
  readonly blend: BlendFacts | undefined;
}

/** Runs all models of an evaluation on its files and gathers the results. */
export class EvaluationRun {
  readonly #plan: EvaluationPlan;
  readonly #hooks: EvaluationHooks;
  readonly #stores: RunStores;
  readonly #pictures: PictureStore;
  readonly #keys = new Map<FileResult, string>();
  readonly #models: ModelWork[] = [];
  readonly #failures = new Map<string, Failure>();
  readonly #eta: Eta;
  #filesDone = 0;
  #isStopped = false;

  constructor(plan: EvaluationPlan, hooks: EvaluationHooks, stores: RunStores) {
    this.#plan = plan;
    this.#hooks = hooks;
    this.#stores = stores;
    this.#pictures = new PictureStore(join(stores.folder, 'pictures'));
    const photos = plan.files.filter(isPicturePath).length;
    const count = plan.models.length;
    this.#eta = new Eta({ photo: photos * count, clip: (plan.files.length - photos) * count });
  }

  /** Evaluates all files with one model. Returns early if the run is stopped. */
  async evaluate(asked: string, model: Model | ImportedModel, label: string): Promise<void> {
    const results: FileResult[] = [];
    this.#models.push({ label, model, results });
    let resources: (FilmResources & AsyncDisposable) | undefined;
    try {
      for (const file of this.#plan.files) {
        this.#isStopped ||= this.#hooks.signal.aborted;
        if (this.#isStopped) return;
        const key = await this.#keyOf(file, model);
        let result = await this.#findKnown(file, key);
        if (result !== undefined || this.#failures.has(file)) this.#finish(file, undefined);
        else {
          resources ??= await this.#hooks.openResources(asked);
          result = await this.#evaluateFile(file, key, label, resources);
        }
        if (result === undefined) continue;
        results.push(result);
        this.#keys.set(result, key);
      }
    } finally {
      await resources?.[Symbol.asyncDispose]();
    }
  }

  /** The results so far. */
  outcome(): Omit<EvaluationOutcome, typeof Symbol.asyncDispose> {
    return {
      settings: this.#plan.settings,
      models: gatherOutcomes(this.#models, this.#failures),
      failures: [...this.#failures.values()],
      isComplete: !this.#isStopped,
      picture: async (result) => {
        const key = this.#keys.get(result);
        return key === undefined ? undefined : this.#pictures.load(key);
      },
    };
  }

  #keyOf(file: string, model: Model | ImportedModel): Promise<string> {
    const { settings, engine, device, precision, embedding } = this.#plan;
    const { blend } = this.#stores;
    const { manifest } = model;
    return resultKey(file, { manifest, engine, device, precision, embedding, settings, blend });
  }

  /** A result of an earlier run; undefined if a picture is needed and missing. */
  async #findKnown(file: string, key: string): Promise<FileResult | undefined> {
    const known = this.#stores.journal.find(key);
    if (known === undefined) return undefined;
    if (this.#plan.keepPictures && !(await this.#pictures.load(key))) return undefined;
    return { ...known, file }; // the earlier run may have used a path from another folder
  }

  /** Undefined if the file failed or the run was stopped. */
  async #evaluateFile(
    file: string,
    key: string,
    model: string,
    resources: FilmResources,
  ): Promise<FileResult | undefined> {
    const startMs = performance.now();
    const secondsSoFar = (): number => (performance.now() - startMs) / 1000;
    const onProgress = (share: number): void => this.#report({ file, model, share, seconds: secondsSoFar() });
    let picture: PictureTriple | undefined;
    const onPicture = (seen: PictureTriple): void => {
      picture = seen;
    };
    const evaluate = kindOf(file) === 'photo' ? evaluatePhoto : evaluateClip;
    const { folder, journal } = this.#stores;
    onProgress(0);
    try {
      const result = await evaluate(file, this.#plan.settings, { resources, folder, onPicture, onProgress });
      if (this.#plan.keepPictures && picture) await this.#pictures.save(key, picture);
      await journal.add(key, result);
      this.#finish(file, secondsSoFar());
      return result;
    } catch (error) {
      if (this.#hooks.signal.aborted) this.#isStopped = true;
      else this.#fail(file, error);
      return undefined;
    }
  }

  #report(current: { file: string; model: string; share: number; seconds: number }): void {
    const { file, model, share, seconds } = current;
    this.#hooks.onProgress?.({
      model,
      file,
      done: this.#filesDone + share,
      total: this.#plan.files.length * this.#plan.models.length,
      secondsLeft: this.#eta.secondsLeft({ kind: kindOf(file), share, seconds }),
    });
  }

  #fail(file: string, error: unknown): void {
    if (!(error instanceof AppError)) throw error;
    const { code, message, cure, exitCode } = error;
    const failure: Failure = { file, code, message, cure, exitCode };
    this.#failures.set(file, failure);
    this.#finish(file, undefined);
    this.#hooks.onFailure?.(failure);
  }

  #finish(file: string, seconds: number | undefined): void {
    this.#filesDone += 1;
    this.#eta.finish(kindOf(file), seconds);
  }
}

function kindOf(file: string): FileResult['kind'] {
  return isPicturePath(file) ? 'photo' : 'clip';
}
