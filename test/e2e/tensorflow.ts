/** Colours the same pictures with both engines, as a user would. */
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { runProgram } from '../helpers/program.ts';
import { runFfmpeg, tempFolder } from '../helpers/run-ffmpeg.ts';

test('a picture has the same colour from TensorFlow as from onnxruntime', async (t) => {
  const folder = await tempFolder(t);
  const input = join(folder, 'in.png');
  const still = ['-frames:v', '1', '-vf', 'scale=320:-2', '-pix_fmt', 'gray'];
  await runFfmpeg(['-ss', '2', '-i', 'samples/his_girl_friday.mp4', ...still, input]);
  const pictures: Buffer[] = [];
  const exact = ['--precision', 'float32'];
  for (const engine of ['onnx', 'tensorflow']) {
    const output = join(folder, `${engine}.png`);
    const { code, stderr } = await runProgram('file', input, '-o', output, '--engine', engine, ...exact);
    t.is(code, 0, stderr);
    pictures.push(await sharp(output).removeAlpha().raw().toBuffer());
  }
  const [onnx, tensorflow] = pictures as [Buffer, Buffer];
  t.is(tensorflow.length, onnx.length);
  const worst = onnx.reduce((most, value, i) => Math.max(most, Math.abs(value - (tensorflow[i] ?? NaN))), 0);
  t.true(worst <= 3, `samples differ by ${worst}`);
  const off = onnx.filter((value, i) => Math.abs(value - (tensorflow[i] ?? NaN)) > 1).length;
  t.true(off < onnx.length / 1000, `${off} of ${onnx.length} samples differ by more than 1`);
  t.true(onnx.some((value, i) => i % 3 === 0 && Math.abs(value - (onnx[i + 2] ?? 0)) > 8));
});

test('an unknown engine, and a device that TensorFlow does not support, are refused with exit code 2', async (t) => {
  const [input, output] = ['samples/his_girl_friday.mp4', join(await tempFolder(t), 'out.mkv')];
  const unknown = await runProgram('file', input, '-o', output, '--engine', 'caffe');
  t.is(unknown.code, 2);
  t.regex(unknown.stderr, /onnx, tensorflow/);
  const device = await runProgram(
    'file',
    input,
    '-o',
    output,
    '--engine',
    'tensorflow',
    '--device',
    'webgpu',
  );
  t.is(device.code, 2);
  t.regex(device.stderr, /--engine tensorflow: expected --device auto, cpu or cuda but got webgpu/);
});
