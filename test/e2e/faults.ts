/** Bad input and bad circumstances: a clear message, the right exit code, and no files left behind. */
import { copyFile, cp, mkdir, readFile, truncate, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import sharp from 'sharp';
import { runProgram } from '../helpers/program.ts';
import { probeCsv, runFfmpeg, tempFolder } from '../helpers/run-ffmpeg.ts';

const pattern = ['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=12:duration=3', '-pix_fmt', 'yuv420p'];
const models = fileURLToPath(new URL('../../../models/', import.meta.url));

test.serial(
  'inputs that are not films are refused with exit code 3 and a cure, and leave nothing behind',
  async (t) => {
    const folder = await tempFolder(t);
    const output = join(folder, 'out.mkv');
    const at = (name: string): string => join(folder, name);
    await writeFile(at('text.mp4'), 'this is no film');
    await writeFile(at('empty.mkv'), '');
    await runFfmpeg(['-f', 'lavfi', '-i', 'sine=duration=1', at('sound.mkv')]);
    await runFfmpeg([...pattern, '-c:v', 'libx264', at('whole.mp4')]);
    await copyFile(at('whole.mp4'), at('cut.mp4'));
    await truncate(at('cut.mp4'), 4000);
    for (const name of ['missing.mkv', 'text.mp4', 'empty.mkv', 'sound.mkv', 'cut.mp4']) {
      const { code, stderr } = await runProgram('file', at(name), '-o', output);
      t.is(code, 3, `${name}: ${stderr}`);
      t.true(stderr.startsWith('chromafeed: ') && stderr.includes(name), stderr);
      t.false(existsSync(output) || existsSync(`${output}.partial`), name);
    }
  },
);

test.serial('wrong options are refused with exit code 2, an existing output with 6', async (t) => {
  const folder = await tempFolder(t);
  const [input, output] = [join(folder, 'in.mkv'), join(folder, 'out.mkv')];
  await runFfmpeg([...pattern, '-c:v', 'ffv1', input]);
  for (const options of [
    ['--size', '145'],
    ['--crf', 'x'],
    ['--codec', 'nosuch'],
    ['--scene-threshold', '0.5'],
    ['--contact-sheet', 'sheet.gif'],
    ['--wat'],
    ['--device', 'abacus'],
  ]) {
    t.is((await runProgram('file', input, '-o', output, ...options)).code, 2, options.join(' '));
  }
  t.is((await runProgram('file', input, '-o', join(folder, 'out.xyz'))).code, 2);
  await writeFile(output, 'mine');
  const { code, stderr } = await runProgram('file', input, '-o', output);
  t.is(code, 6);
  t.regex(stderr, /exists[\s\S]*add -y/);
  t.is(await readFile(output, 'utf8'), 'mine');
});

test.serial('a truncated model and an invalid embedding are refused with exit code 4', async (t) => {
  const folder = await tempFolder(t);
  const [input, output, model] = [join(folder, 'in.mkv'), join(folder, 'out.mkv'), join(folder, 'model')];
  await runFfmpeg([...pattern, '-c:v', 'ffv1', input]);
  await cp(join(models, 'starter'), model, { recursive: true });
  await truncate(join(model, 'weights.safetensors'), 1_000_000);
  const cut = await runProgram('file', input, '-o', output, '--model', model);
  t.is(cut.code, 4, cut.stderr);
  t.regex(cut.stderr, /weights\.safetensors.*1000000|weights\.safetensors/);
  const none = await runProgram('file', input, '-o', output, '--embedding', input);
  t.is(none.code, 4, none.stderr);
});

test.serial(
  'a film that breaks off gives its intact part, the time of the break and exit code 5',
  async (t) => {
    const folder = await tempFolder(t);
    const [input, output, report] = [join(folder, 'in.mkv'), join(folder, 'out.mkv'), join(folder, 'r.json')];
    await runFfmpeg([...pattern, '-c:v', 'libx264', '-g', '6', input]);
    const bytes = await readFile(input);
    await writeFile(input, bytes.subarray(0, Math.floor(bytes.length * 0.45)));
    const { code, stderr } = await runProgram(
      'file',
      input,
      '-o',
      output,
      '--codec',
      'ffv1',
      '--report',
      report,
    );
    t.is(code, 5, stderr);
    t.regex(stderr, /damaged: .* at \d+\.\d+ s/);
    const frames = (await probeCsv(output, '-select_streams', 'v', '-show_entries', 'packet=pts')).length;
    t.true(frames > 8 && frames < 36, String(frames));
    const done = JSON.parse(await readFile(report, 'utf8')) as { frames: number; damage: string };
    t.is(done.frames, frames);
    t.truthy(done.damage);
  },
);

test.serial('a folder continues after a bad reel and ends with a table and exit code 1', async (t) => {
  const folder = await tempFolder(t);
  const reels = join(folder, 'reels');
  await mkdir(reels);
  await runFfmpeg([...pattern, '-frames:v', '8', '-c:v', 'ffv1', join(reels, 'a.mkv')]);
  await writeFile(join(reels, 'b.mp4'), 'no film');
  await runFfmpeg([...pattern, '-frames:v', '8', '-c:v', 'libx264', '-f', 'matroska', join(reels, 'c.avi')]);
  await mkdir(join(reels, 'inside'));
  await writeFile(join(reels, 'notes.txt'), 'no film');
  const made = join(folder, 'colour');
  const command = ['file', reels, '-o', made, '--preset', 'ultrafast', '--size', '64'];
  const { code, stderr } = await runProgram(...command, '--report', join(made, 'report.json'));
  t.is(code, 1, stderr);
  t.regex(stderr, /^2 of 3: .*b\.mp4/m);
  t.regex(stderr, /b\.mp4 +- +INPUT_UNSUPPORTED/);
  t.regex(stderr, /^2 of 3 finished, 1 failed$/m);
  t.regex(stderr, /^left out: .*inside \(a folder.*--recursive/m);
  t.regex(stderr, /^left out: .*notes\.txt/m);
  t.true(existsSync(join(made, 'a.color.mkv')) && existsSync(join(made, 'c.color.mkv')));
  t.true(existsSync(join(made, 'a.color.report.json')) && existsSync(join(made, 'c.color.report.json')));

  await rm(join(reels, 'b.mp4'));
  const again = await runProgram(...command);
  t.is(again.code, 0, again.stderr);
  t.regex(again.stderr, /a\.mkv .*already finished with these settings/);
  t.regex(again.stderr, /^0 of 2 finished, 2 finished before$/m);

  const otherwise = await runProgram(...command, '--saturation', '0.5');
  t.is(otherwise.code, 1, otherwise.stderr);
  t.regex(otherwise.stderr, /a\.mkv +- +OUTPUT_EXISTS/);
  t.regex(otherwise.stderr, /add -y/);
});

test.serial('still pictures keep their luma, get colour and say that it is synthetic', async (t) => {
  const folder = await tempFolder(t);
  const input = join(folder, 'in.png');
  await runFfmpeg([
    '-ss',
    '2',
    '-i',
    'samples/his_girl_friday.mp4',
    '-frames:v',
    '1',
    '-pix_fmt',
    'gray',
    input,
  ]);
  for (const name of ['out.png', 'out.tif', 'out.webp', 'out.jpg']) {
    const output = join(folder, name);
    const { code, stderr } = await runProgram('file', input, '-o', output);
    t.is(code, 0, stderr);
    const metadata = await sharp(output).metadata();
    t.regex(metadata.xmpAsString ?? '', /compositeWithTrainedAlgorithmicMedia/, name);
    if (name !== 'out.png') continue;
    const before = await sharp(input).toColourspace('b-w').raw().toBuffer();
    const after = await sharp(output).removeAlpha().raw().toBuffer();
    let worst = 0;
    let colored = 0;
    before.forEach((y, i) => {
      const [r, g, b] = [after[3 * i]!, after[3 * i + 1]!, after[3 * i + 2]!];
      worst = Math.max(worst, Math.abs(0.299 * r + 0.587 * g + 0.114 * b - y));
      if (Math.max(r, g, b) - Math.min(r, g, b) > 8) colored++;
    });
    t.true(worst <= 1.01, `luma differs by ${worst}`);
    t.true(colored > before.length / 4);
  }
  const scans = join(folder, 'scans');
  await mkdir(scans);
  for (const name of ['1.png', '2.png']) await copyFile(input, join(scans, name));
  const made = join(folder, 'made');
  const dry = await runProgram('file', scans, '-o', made, '--dry-run');
  t.is(dry.code, 0, dry.stderr);
  t.regex(dry.stderr, /1\.png.*planned/);
  t.false(existsSync(made), 'a plan writes nothing');
  const all = await runProgram('file', scans, '-o', made);
  t.is(all.code, 0, all.stderr);
  t.true(existsSync(join(made, '1.color.png')) && existsSync(join(made, '2.color.png')));
  const again = await runProgram('file', scans, '-o', made);
  t.is(again.code, 0, again.stderr);
  t.regex(again.stderr, /1\.png .*already finished with these settings/);
  const itself = await runProgram('file', input, '-o', input, '-y');
  t.is(itself.code, 2);
  t.regex(itself.stderr, /input itself/);
});
