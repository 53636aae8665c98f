/** Tests the parts of an evaluation that need no network and no ffmpeg. */
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { durationText } from '../../src/log/amount-text.ts';
import { AppError } from '../../src/errors.ts';
import { loadModel } from '../../src/model/model.ts';
import { Eta } from '../../src/evaluate/eta.ts';
import { pickExamples } from '../../src/evaluate/report/examples.ts';
import type { PhotoResult } from '../../src/evaluate/figures.ts';
import { html } from '../../src/evaluate/report/html.ts';
import { measurePhoto } from '../../src/evaluate/photo/measure-photo.ts';
import { ResultJournal, resultKey } from '../../src/evaluate/result-journal.ts';
import { evaluationDefaults } from '../../src/evaluate/evaluation-settings.ts';
import { summarize } from '../../src/evaluate/summarize.ts';
import { truthSize } from '../../src/evaluate/clip/truth-and-gray.ts';
import { tempFolder } from '../helpers/run-ffmpeg.ts';

/** A photo's result with these numbers for the output. The numbers for gray and truth are always the same. */
function photo(file: string, psnrDb: number | null, colourfulness: number, truth = 30): PhotoResult {
  const figures = (
    psnr: number | null,
    ciede2000: number,
    colour: number,
  ): PhotoResult['figures']['output'] => ({
    psnrDb: psnr,
    ssim: 0.9,
    ciede2000,
    colourfulness: colour,
    colourfulnessDistance: Math.abs(colour - truth),
  });
  return {
    kind: 'photo',
    file,
    widthPx: 4,
    heightPx: 3,
    lumaDifference: 0,
    colorizeS: 2,
    figures: {
      output: figures(psnrDb, 40 - (psnrDb ?? 0), colourfulness),
      gray: figures(20, 12, 0),
      truth: figures(null, 0, truth),
    },
  };
}

test('means are over the files, values that are not numbers are left out, and the two distances differ', (t) => {
  const { photos, clips } = summarize([photo('a', 20, 20), photo('b', 26, 50), photo('c', null, 29)]);
  t.is(clips, null);
  t.is(photos?.files, 3);
  t.is(photos?.means.output.psnrDb, 23);
  t.is(photos?.means.output.colourfulness, 33);
  t.is(photos?.means.output.colourfulnessDistance, (10 + 20 + 1) / 3);
  t.is(photos?.distanceOfMeans.output, 3);
  t.is(photos?.distanceOfMeans.gray, 30);
  t.is(photos?.distanceOfMeans.truth, 0);
  t.is(photos?.means.truth.psnrDb, null);
  t.is(photos?.colorizeS, 6);
});

test('worst, median and best represent the others, and none appears twice', (t) => {
  const files = [
    photo('d', 24, 1),
    photo('a', 21, 1),
    photo('c', 23, 1),
    photo('e', 25, 1),
    photo('b', 22, 1),
  ];
  const names = (list: ReturnType<typeof pickExamples>): string[] =>
    list.map(({ why, result }) => `${why} ${result.file}`);
  t.deepEqual(names(pickExamples(files, 'psnrDb', 'higher')), ['worst a', 'median c', 'best e']);
  t.deepEqual(names(pickExamples(files, 'ciede2000', 'lower')), ['worst a', 'median c', 'best e']);
  t.deepEqual(names(pickExamples(files.slice(0, 2), 'psnrDb', 'higher')), ['worst a', 'best d']);
  t.deepEqual(names(pickExamples([photo('x', null, 1)], 'psnrDb', 'higher')), []);
});

test('the rest of the work is estimated separately for photos and clips', (t) => {
  const eta = new Eta({ photo: 3, clip: 2 });
  t.is(eta.secondsLeft({ kind: 'photo', share: 0.5, seconds: 1 }), undefined, 'no clip was seen yet');
  eta.finish('photo', 2);
  eta.finish('photo', undefined); // known from an earlier run
  eta.finish('photo', 4);
  t.is(eta.secondsLeft({ kind: 'clip', share: 0, seconds: 0 }), undefined);
  t.is(eta.secondsLeft({ kind: 'clip', share: 0.5, seconds: 10 }), 30);
  eta.finish('clip', 30);
  t.is(eta.secondsLeft({ kind: 'clip', share: 0, seconds: 0 }), 30);
  t.is(eta.secondsLeft({ kind: 'clip', share: 0.01, seconds: 5 })?.toFixed(1), '34.3');
  t.deepEqual([5, 65, 7390, undefined].map(durationText), ['0:05', '1:05', '2:03:10', '?']);
});

test('a journal returns what it stored, even after a crash in the middle of a line', async (t) => {
  const folder = join(await tempFolder(t), 'new');
  const first = photo('a', 20, 20);
  {
    await using journal = await ResultJournal.open(folder);
    await journal.add('key-a', first);
    t.is(journal.find('key-b'), undefined);
  }
  await appendFile(join(folder, 'results.jsonl'), '{"key":"key-b","result":{"kind":"pho');
  {
    await using journal = await ResultJournal.open(folder);
    t.deepEqual(journal.find('key-a'), first);
    t.is(journal.find('key-b'), undefined);
    await journal.add('key-b', photo('b', null, 1));
  }
  const lines = (await readFile(join(folder, 'results.jsonl'), 'utf8')).trim().split('\n');
  t.is(lines.length, 2);
  await using again = await ResultJournal.open(folder);
  t.deepEqual(again.find('key-b'), photo('b', null, 1));
});

test('a journal in an impossible place is refused with a cure', async (t) => {
  const folder = await tempFolder(t);
  await mkdir(join(folder, 'results.jsonl'));
  const error = await t.throwsAsync(ResultJournal.open(folder), { instanceOf: AppError });
  t.is(error.code, 'OUTPUT_UNWRITABLE');
  t.regex(error.cure ?? '', /--work/);
});

test('a result is reused only if file, model and settings are the same', async (t) => {
  const file = join(await tempFolder(t), 'a.png');
  await writeFile(file, 'one');
  const { manifest } = await loadModel();
  const context = {
    manifest,
    engine: 'onnx',
    device: 'cpu',
    precision: 'auto',
    settings: evaluationDefaults,
  };
  const key = await resultKey(file, context);
  t.is(await resultKey(file, context), key);
  const others = [
    await resultKey(file, { ...context, device: 'auto' }),
    await resultKey(file, { ...context, engine: 'tensorflow' }),
    await resultKey(file, { ...context, settings: { ...evaluationDefaults, temperature: 0.2 } }),
    await resultKey(file, { ...context, manifest: { ...manifest, version: 99 } }),
  ];
  await writeFile(file, 'changed');
  others.push(await resultKey(file, context));
  t.is(new Set([key, ...others]).size, 6);
});

test('values in HTML are escaped, unless they are HTML', (t) => {
  const list = [html`<i>${'a & b'}</i>`, html`<i>2</i>`];
  const { markup } = html`<p title="${`"'><script>`}">${list}${3}</p>`;
  t.is(markup, '<p title="&quot;&#39;&gt;&lt;script&gt;"><i>a &amp; b</i><i>2</i>3</p>');
});

test('a clip is measured as it is shown, no wider than asked, with an even number of rows', (t) => {
  const shown = (widthPx: number, heightPx: number, rotationDegrees: 0 | 90, most: number): number[] => {
    const size = truthSize({ widthPx, heightPx, rotationDegrees }, most);
    return [size.widthPx, size.heightPx];
  };
  t.deepEqual(shown(1920, 1080, 0, 640), [640, 360]);
  t.deepEqual(shown(1920, 1080, 90, 640), [640, 1138]);
  t.deepEqual(shown(320, 241, 0, 640), [320, 242]);
  t.deepEqual(shown(98, 64, 0, 64), [64, 42]);
});

test('a photo below the window of SSIM has no SSIM', (t) => {
  const rgb = Uint8Array.from({ length: 8 * 6 * 3 }, (_, i) => (i * 5) % 256);
  const figures = measurePhoto({ output: rgb, gray: rgb, truth: rgb }, { widthPx: 8, heightPx: 6 });
  t.is(figures.output.ssim, null);
  t.is(figures.output.ciede2000, 0);
});
