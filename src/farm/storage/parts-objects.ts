import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkPart, partFileName } from '../../stream/film/parts/part-files.ts';
import type { PartsPlan } from '../../stream/film/parts/parts-plan.ts';
import type { ObjectFolder } from './object-folder.ts';
import type { PartsStore } from './output-store.ts';
import { isDamaged, partName, planName, planOf, planText } from './stored-plan.ts';

/** The folder in a work place for copies of finished parts. */
export const copiesName = 'parts';

/**
 * The plan and the finished parts of one film in S3-compatible storage. The objects of a part appear one by one, its
 * `part.json` last: a part without it is not finished. Two workers that make the same part write the same objects.
 */
export class PartsObjects implements PartsStore {
  private readonly folder: ObjectFolder;

  constructor(folder: ObjectFolder) {
    this.folder = folder;
  }

  async readPlan(): Promise<PartsPlan | undefined> {
    return planOf(await this.folder.readText(planName));
  }

  writePlan(plan: PartsPlan): Promise<void> {
    return this.folder.writeText(planName, planText(plan));
  }

  async missing(plan: PartsPlan): Promise<number[]> {
    const found = new Set((await this.folder.list()).map(({ name }) => name));
    return plan.parts
      .map(({ number }) => number)
      .filter((number) => !found.has(`${partName(plan, number)}/${partFileName}`));
  }

  async add(plan: PartsPlan, number: number, folder: string): Promise<void> {
    const { segments } = await checkPart(plan, number, folder);
    const name = partName(plan, number);
    for (const file of [...segments.map((segment) => segment.file), partFileName])
      await this.folder.upload(join(folder, file), `${name}/${file}`);
    // The film may have been published or cancelled in the meantime: then nobody else would delete the part.
    if ((await this.folder.head(planName)) === undefined) await this.drop(plan, number);
  }

  async fetchAll(plan: PartsPlan, place: string): Promise<string[]> {
    const stored = await this.folder.list();
    const folders: string[] = [];
    for (const { number } of plan.parts) {
      const name = partName(plan, number);
      const copy = join(place, copiesName, name);
      await mkdir(copy, { recursive: true, mode: 0o700 });
      for (const object of stored.filter((each) => each.name.startsWith(`${name}/`)))
        await this.fetch(object, join(copy, object.name.slice(name.length + 1)));
      folders.push(copy);
    }
    return folders;
  }

  async dropDamaged(plan: PartsPlan, folders: readonly string[]): Promise<void> {
    for (const { number } of plan.parts) {
      const copy = folders[number] ?? '';
      if (!(await isDamaged(plan, number, copy))) continue;
      await this.drop(plan, number);
      await rm(copy, { recursive: true, force: true });
    }
  }

  /** An earlier attempt may have fetched it. */
  private async fetch({ name, bytes }: { name: string; bytes: number }, path: string): Promise<void> {
    const found = await stat(path).catch(() => undefined);
    if (found?.size === bytes) return;
    const partial = `${path}.partial`;
    await rm(partial, { force: true });
    await this.folder.download(name, partial);
    await rename(partial, path);
  }

  /** `part.json` goes first: without it, nobody takes the rest for a finished part. */
  private async drop(plan: PartsPlan, number: number): Promise<void> {
    const name = partName(plan, number);
    await this.folder.remove(`${name}/${partFileName}`);
    await this.folder.removeAll(`${name}/`);
  }
}
