import { writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { OnnxBuilder } from '../../src/model/onnx/onnx-builder.ts';
import { startProgram } from '../helpers/program.ts';
import { runFfmpeg, tempFolder } from '../helpers/run-ffmpeg.ts';

/** An embedding network that runs for hours: 2000 products of 4096 x 4096 matrices. */
function endlessNetwork(): Uint8Array {
  const graph = new OnnxBuilder('endless');
  const picture = graph.input('picture', 'float32', [1, 1, 299, 299]);
  const mean = graph.add('ReduceMean', [picture], { axes: [0, 1, 2, 3], keepdims: 0 });
  let matrix = graph.add('Expand', [mean, graph.constant('shape', [2], BigInt64Array.of(4096n, 4096n))]);
  for (let i = 0; i < 2000; i++) matrix = graph.add('MatMul', [matrix, matrix]);
  graph.output(matrix, 'vector', [4096, 4096]);
  return graph.encode();
}

test('the second SIGTERM ends the program even if a network never finishes', async (t) => {
  const folder = await tempFolder(t);
  const film = join(folder, 'film.mkv');
  const source = 'testsrc2=size=128x96:rate=5:duration=1,format=gray';
  await runFfmpeg(['-f', 'lavfi', '-i', source, '-c:v', 'ffv1', film]);
  await writeFile(join(folder, 'endless.onnx'), endlessNetwork());
  const embedding = ['--embedding', join(folder, 'endless.onnx'), '--model', 'starter'];
  const { child } = startProgram('file', film, '-o', join(folder, 'out.mkv'), ...embedding);
  const ended = once(child, 'exit');
  await delay(8000); // by then it runs the network or still starts; both must end
  child.kill('SIGTERM');
  await delay(500);
  child.kill('SIGTERM');
  const [, signal] = (await Promise.race([ended, delay(20_000, [null, 'none'])])) as [unknown, unknown];
  child.kill('SIGKILL');
  t.is(signal, 'SIGTERM');
});
