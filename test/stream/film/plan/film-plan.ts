import { Readable } from 'node:stream';
import { copyFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { filmDefaults } from '../../../../src/stream/film/film-options.ts';
import {
  filmIdentity,
  filmSettings,
  isFingerprintOf,
  type Fingerprinted,
  type FilmSettings,
} from '../../../../src/stream/film/resume/film-fingerprint.ts';
import { pixelVersion } from '../../../../src/model/pixel-version.ts';
import { packageVersion } from '../../../../src/version.ts';
import { blockFramesOf, planFilm } from '../../../../src/stream/film/plan/film-plan.ts';
import { probe } from '../../../../src/ingest/film/probe.ts';
import { openSource, spoolStdin, type SourceInput } from '../../../../src/ingest/film/source-input.ts';
import { loadModel } from '../../../../src/model/model.ts';
import type { FrameLayout } from '../../../../src/stream/pixels/compose.ts';
import { runFfmpeg, tempFolder } from '../../../helpers/run-ffmpeg.ts';

test('the steady step holds fewer frames if they are larger, but at least one', (t) => {
  const of = (widthPx: number, heightPx: number, bitDepth: FrameLayout['bitDepth']): number =>
    blockFramesOf({ widthPx, heightPx, bitDepth, range: 'limited', chroma: '420', interlaced: false });
  t.is(of(640, 480, 8), 12);
  t.is(of(1920, 1080, 8), 12);
  t.is(of(1920, 1080, 10), 10);
  t.is(of(3840, 2160, 8), 5);
  t.is(of(16384, 8192, 10), 1);
});

test('unfinished work belongs to one film, model, engine and embedding network', async (t) => {
  const folder = await tempFolder(t);
  const pattern = join(folder, 'p_%02d.png');
  await runFfmpeg(['-f', 'lavfi', '-i', 'testsrc=s=96x72:r=4:d=1', pattern]);
  const model = await loadModel('starter');
  const request = { input: pattern, output: 'out.mkv', options: filmDefaults, stride: 4 };
  let last: FilmSettings | undefined;
  const fingerprint = async (
    opened: SourceInput,
    other: Partial<Fingerprinted['colorizer']> = {},
  ): Promise<string> => {
    const plan = planFilm({ ...request, source: await probe(opened) });
    const colorizer = {
      model,
      engine: 'onnx',
      device: 'cpu',
      precision: 'float32',
      embedding: embedding('a'),
      ...other,
    } as const;
    last = await filmSettings({ plan, opened, colorizer, ffmpegVersion: '5.1' });
    const result = await filmIdentity(last, opened);
    t.is(result.settings['pixels'], pixelVersion);
    t.false(
      JSON.stringify(result.settings).includes(packageVersion),
      'an update of the program changes nothing',
    );
    return result.fingerprint;
  };
  await using input = await openSource(pattern);
  const first = await fingerprint(input);
  t.is(await fingerprint(input), first);
  t.not(await fingerprint(input, { engine: 'tensorflow' }), first);
  t.not(await fingerprint(input, { embedding: embedding('b') }), first);
  await utimes(join(folder, 'p_02.png'), 0, 0);
  t.is(await fingerprint(input), first, 'contents count, and times do not');
  const copied = await tempFolder(t);
  for (const name of ['p_01.png', 'p_02.png', 'p_03.png', 'p_04.png'])
    await copyFile(join(folder, name), join(copied, name));
  await using elsewhere = await openSource(join(copied, 'p_%02d.png'));
  t.is(await fingerprint(elsewhere), first, 'paths do not count');
  const { signal } = new AbortController();
  const isFirst = (opened: SourceInput, sinceMs: number, tag = first): Promise<boolean> =>
    isFingerprintOf(tag, last!, opened, { sinceMs, signal });
  t.true(await isFirst(elsewhere, 0));
  t.true(
    await isFirst(elsewhere, Infinity, `${first.slice(0, 32)}${'0'.repeat(32)}`),
    'it is not read again',
  );
  t.true(await isFirst(elsewhere, 0, last?.older), 'as earlier versions wrote it');
  await copyFile(join(folder, 'p_04.png'), join(copied, 'p_03.png'));
  t.not(await fingerprint(elsewhere), first, 'one picture of several changed');
  t.false(await isFirst(elsewhere, 0));

  const film = async (rate: number): Promise<Uint8Array> =>
    (
      await runFfmpeg([
        '-f',
        'lavfi',
        '-i',
        `testsrc=s=96x72:r=${rate}:d=1`,
        '-c:v',
        'ffv1',
        '-f',
        'nut',
        '-',
      ])
    ).stdout;
  const spooled = async (bytes: Uint8Array): Promise<string> => {
    const { signal } = new AbortController();
    await using stdin = await spoolStdin(Readable.from([bytes]), { signal });
    return await fingerprint(stdin);
  };
  const [one, other] = [await film(4), await film(5)];
  t.is(await spooled(one), await spooled(one), 'the same stream again');
  t.not(await spooled(one), await spooled(other), 'another stream');
});

function embedding(sha256: string): Fingerprinted['colorizer']['embedding'] {
  return {
    path: 'unused.onnx',
    bundled: { path: 'unused.onnx', name: 'inception-v3', size: 1001, bytes: 1, sha256 },
  };
}
