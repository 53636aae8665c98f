import { readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../files/make-folder.ts';
import { replaceFile } from '../../files/replace-file.ts';
import { syncPath } from '../../files/sync-path.ts';
import { checkPart } from '../../stream/film/parts/part-files.ts';
import type { PartsPlan } from '../../stream/film/parts/parts-plan.ts';
import type { PartsStore } from './output-store.ts';
import { isDamaged, partName, planName, planOf, planText } from './stored-plan.ts';

/** The plan and the finished parts of one film, in a folder of a shared disk. Each part has a folder inside it. */
export class PartsFolder implements PartsStore {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  async readPlan(): Promise<PartsPlan | undefined> {
    const text = await readFile(join(this.folder, planName), 'utf8').catch(() => undefined);
    return planOf(text);
  }

  async writePlan(plan: PartsPlan): Promise<void> {
    await makeFolder(this.folder);
    await replaceFile(join(this.folder, planName), planText(plan));
  }

  async missing(plan: PartsPlan): Promise<number[]> {
    const found = await Promise.all(
      plan.parts.map(({ number }) => stat(this.folderOf(plan, number)).catch(() => undefined)),
    );
    return plan.parts.map(({ number }) => number).filter((number) => found[number] === undefined);
  }

  async add(plan: PartsPlan, number: number, folder: string): Promise<void> {
    const target = this.folderOf(plan, number);
    try {
      await rename(folder, target);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
      await checkPart(plan, number, target);
    }
    await syncPath(dirname(target));
  }

  /** Every machine sees the shared folder. */
  fetchAll(plan: PartsPlan): Promise<string[]> {
    return Promise.resolve(plan.parts.map(({ number }) => this.folderOf(plan, number)));
  }

  async dropDamaged(plan: PartsPlan): Promise<void> {
    for (const { number } of plan.parts) {
      const folder = this.folderOf(plan, number);
      if (await isDamaged(plan, number, folder)) await rm(folder, { recursive: true, force: true });
    }
  }

  private folderOf(plan: PartsPlan, number: number): string {
    return join(this.folder, partName(plan, number));
  }
}
