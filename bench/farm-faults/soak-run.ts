import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../src/train/random.ts';
import { chooseFault } from './faults.ts';
import type { FaultyWorker } from './faulty-worker.ts';
import type { SoakFarm } from './soak-farm.ts';

/** How long films may take after the last fault, ms. */
const longestWaitMs = 300_000;

/** What is submitted. */
export interface SoakFilms {
  readonly reels: readonly string[];
  readonly options: readonly string[];
}

/** Submits reels and hits the farm; reels come as the faults do, so that each fault hits films that are being made. */
export class SoakRun {
  readonly counts: Record<string, number> = {};
  readonly errors: string[] = [];
  retried = 0;
  /** Faults that came while films were being made. */
  hitsWithFilms = 0;
  private readonly farm: SoakFarm;
  private readonly films: SoakFilms;
  private readonly faults: number;
  private submitted = 0;
  private readonly mending: Promise<void>[] = [];

  constructor(farm: SoakFarm, films: SoakFilms, faults: number) {
    this.farm = farm;
    this.films = films;
    this.faults = faults;
  }

  async hitAll(random: Random): Promise<void> {
    const { faults, films } = this;
    for (let done = 0; done < faults; done++) {
      await this.submitUpTo(Math.ceil(((done + 1) * films.reels.length) / faults) + 1);
      if (await this.untilActive()) this.hitsWithFilms++;
      await delay(random.between(0, 1500));
      await this.hit(random, done);
    }
    await this.submitUpTo(films.reels.length);
    await Promise.all(this.mending);
  }

  async untilFinished(): Promise<void> {
    const endMs = performance.now() + longestWaitMs;
    while (!(await this.isOver())) {
      if (performance.now() > endMs) {
        this.errors.push(`not finished in time: ${JSON.stringify(await this.farm.list())}`);
        return;
      }
      await delay(500);
    }
  }

  private async hit(random: Random, done: number): Promise<void> {
    const { farm } = this;
    const worker = await this.chooseWorker(random);
    const { name, run } = chooseFault(random);
    console.error(`${done + 1}: ${name}`);
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    worker.isTroubled = true;
    const submitAgain = (): Promise<void> => this.submitAgain();
    const mended = run({ farm, worker, random, submitAgain })
      .catch((error: unknown) => this.errors.push(`${name}: ${(error as Error).message}`))
      .then(() => void (worker.isTroubled = false));
    this.mending.push(mended);
  }

  /** One that has a film, more often than not. */
  private async chooseWorker({ uniform }: Random): Promise<FaultyWorker> {
    const busy = (await this.farm.list()).map(({ worker }) => worker ?? '').join(' ');
    for (;;) {
      const free = this.farm.workers.filter(({ isTroubled }) => !isTroubled);
      const withFilm = free.filter(({ pid }) => busy.includes(`-${pid}-`));
      const choice = withFilm.length > 0 && uniform() < 0.8 ? withFilm : free;
      const chosen = choice[Math.floor(uniform() * choice.length)];
      if (chosen !== undefined) return chosen;
      await delay(50);
    }
  }

  private async submitUpTo(count: number): Promise<void> {
    if (count <= this.submitted) return;
    this.submitted = Math.min(count, this.films.reels.length);
    await this.farm.alone(() => this.submitAgain());
  }

  private async submitAgain(): Promise<void> {
    const { farm } = this;
    const args = ['-o', farm.out, ...this.films.options, '--split-minutes', '0.04', '--attempts', '10'];
    await farm
      .farmCommand('submit', ...this.films.reels.slice(0, this.submitted), ...args)
      .catch((error: unknown) => {
        if (!/\d parked/.test((error as Error).message)) throw error;
      });
  }

  /** Waits until a film is being made. @returns false if all films are finished */
  private async untilActive(): Promise<boolean> {
    const endMs = performance.now() + 120_000;
    for (;;) {
      const films = await this.farm.list();
      if (films.some(({ state }) => state === 'active')) return true;
      if (films.every(({ state }) => state === 'finished')) {
        if (this.submitted === this.films.reels.length) return false;
        await this.submitUpTo(this.submitted + 1);
      }
      if (performance.now() > endMs) throw new Error(`no film is being made: ${JSON.stringify(films)}`);
      await this.retryParked();
      await delay(250);
    }
  }

  private async isOver(): Promise<boolean> {
    await this.retryParked();
    const films = await this.farm.list();
    return films.every(({ state }) => state === 'finished');
  }

  /** A film that has lost its worker too often is parked, for a person to look at. */
  private async retryParked(): Promise<void> {
    const parked = (await this.farm.list()).filter(({ state }) => state === 'failed');
    if (parked.length === 0) return;
    for (const { output, failure } of parked) console.error(`parked: ${output}: ${failure ?? ''}`);
    this.retried += parked.length;
    await this.farm.alone(() => this.farm.farmCommand('queue', 'retry'));
  }
}
