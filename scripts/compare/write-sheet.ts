import { basename, join } from 'node:path';
import sharp from 'sharp';
import type { FileResult, Versions } from '../../src/evaluate/figures.ts';
import { replaceFile } from '../../src/files/replace-file.ts';
import { randomFrom, shuffle } from '../../src/train/random.ts';
import { writePictureSheet, type SheetRow } from '../../src/train/run/record/picture-sheet.ts';
import type { ComparisonOutcome } from './judge-models.ts';

/** Photos on a sheet. */
const rows = 6;
/** Of every picture on the sheet; its middle is shown. */
const cell = { widthPx: 150, heightPx: 112 };

/** Which recipe coloured which picture: for each photo, the recipes from left to right. */
type SheetKey = { readonly photo: string; readonly recipes: readonly string[] }[];

/**
 * Writes a sheet of coloured photos without names, each row in another order, so that people can say which they prefer,
 * and beside it the key. Gray is on the left and the truth on the right.
 * @param options.dir - the folder of the docs
 */
export async function writeSheet(
  { evaluation }: ComparisonOutcome,
  { dir, seed }: { readonly dir: string; readonly seed: number },
): Promise<void> {
  const { models, picture } = evaluation;
  const files = (models[0]?.results ?? []).filter(({ kind }) => kind === 'photo');
  const step = Math.max(1, Math.floor(files.length / rows));
  const shown = files.filter((_, i) => i % step === 0).slice(0, rows);
  const key: SheetKey = [];
  const sheet: SheetRow[] = [];
  for (const [number, { file }] of shown.entries()) {
    const order = shuffle([...models], randomFrom(seed, number).uniform);
    const results = order.map(({ results }) => results.find((result) => result.file === file));
    const versions = await Promise.all(results.map((result) => versionsOf(result, picture)));
    const pictures = await Promise.all([
      cut(versions[0]?.gray),
      ...versions.map((version) => cut(version?.output)),
      cut(versions[0]?.truth),
    ]);
    sheet.push({ size: cell, pictures });
    key.push({ photo: basename(file), recipes: order.map(({ label }) => label) });
  }
  const letters = models.map((_, i) => String.fromCharCode('A'.charCodeAt(0) + i));
  await writePictureSheet(join(dir, 'images', 'methods.jpg'), ['gray', ...letters, 'truth'], sheet);
  await replaceFile(join(dir, 'images', 'methods-key.json'), `${JSON.stringify(key, undefined, 2)}\n`);
}

function versionsOf(
  result: FileResult | undefined,
  picture: ComparisonOutcome['evaluation']['picture'],
): Promise<Versions<string> | undefined> {
  return result === undefined ? Promise.resolve(undefined) : picture(result);
}

/** The middle of a picture as sRGB bytes; black if there is none. */
async function cut(uri: string | undefined): Promise<Uint8Array> {
  if (uri === undefined) return new Uint8Array(cell.widthPx * cell.heightPx * 3);
  const bytes = Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64');
  const scaled = sharp(bytes).resize(cell.widthPx, cell.heightPx, { fit: 'cover' });
  return Uint8Array.from(await scaled.removeAlpha().toColourspace('srgb').raw().toBuffer());
}
