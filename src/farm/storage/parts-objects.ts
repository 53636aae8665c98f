import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../errors.ts';
import { parseJson } from '../../files/parse-json.ts';
import { checkPart, partFileName } from '../../stream/film/parts/part-files.ts';
import { parsePartsPlan, type PartsPlan } from '../../stream/film/parts/parts-plan.ts';
import type { ObjectFolder } from './object-folder.ts';
import type { PartsStore } from './output-store.ts';

/** The plan of a film, beside its parts. */
export const planName = 'plan.json';
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
    const text = await this.folder.readText(planName);
    return text === undefined ? undefined : parsePartsPlan(parseJson(text));
  }

  writePlan(plan: PartsPlan): Promise<void> {
    return this.folder.writeText(planName, `${JSON.stringify(plan)}\n`);
  }

  async missing(plan: PartsPlan): Promise<number[]> {
    const found = new Set((await this.folder.list()).map(({ name }) => name));
    return plan.parts
      .map(({ number }) => number)
      .filter((number) => !found.has(`${nameOf(plan, number)}/${partFileName}`));
  }

  async add(plan: PartsPlan, number: number, folder: string): Promise<void> {
    const { segments } = await checkPart(plan, number, folder);
    const name = nameOf(plan, number);
    for (const file of [...segments.map((segment) => segment.file), partFileName])
      await this.folder.upload(join(folder, file), `${name}/${file}`);
    // The film may have been published or cancelled in the meantime: then nobody else would delete the part.
    if ((await this.folder.head(planName)) === undefined) await this.drop(plan, number);
  }

  async fetchAll(plan: PartsPlan, place: string): Promise<string[]> {
    const stored = await this.folder.list();
    const folders: string[] = [];
    for (const { number } of plan.parts) {
      const name = nameOf(plan, number);
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
      const fault = await checkPart(plan, number, copy).then(
        () => undefined,
        (error: unknown) => error as Error,
      );
      if (fault !== undefined && !(fault instanceof AppError)) throw fault;
      if (fault === undefined) continue;
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
    const name = nameOf(plan, number);
    await this.folder.remove(`${name}/${partFileName}`);
    await this.folder.removeAll(`${name}/`);
  }
}

/** Parts of another plan have other names. */
function nameOf({ fingerprint }: PartsPlan, number: number): string {
  return `${fingerprint.slice(0, 16)}-${number}`;
}
