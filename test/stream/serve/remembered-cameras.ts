import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import pino from 'pino';
import { RememberedCameras } from '../../../src/stream/serve/remembered-cameras.ts';
import { FedDirectory } from '../../helpers/fed-camera.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';

function open(file: string, warnings: string[] = []): { cameras: FedDirectory; kept: RememberedCameras } {
  const cameras = new FedDirectory('door', 'yard');
  const log = pino({}, { write: (line) => void warnings.push(line) });
  return { cameras, kept: new RememberedCameras({ cameras, file, log }) };
}

const fileOf = async (t: ExecutionContext): Promise<string> =>
  join(await tempFolder(t), 'state', 'cameras.json');

test('cameras that administrators add, pause, remove, mask and make paler stay so after a restart', async (t) => {
  const file = await fileOf(t);
  const { kept } = open(file);
  await kept.restore();
  await kept.add('barn', { source: 'rtsp://192.0.2.1/1' });
  await kept.pause('door');
  await kept.remove('yard');
  await kept.override('door', { masks: [{ x: 0, y: 0, width: 0.5, height: 0.5 }] });
  await kept.override('door', { liveliness: 0.4 });

  const later = open(file);
  await later.kept.restore();
  t.deepEqual(later.cameras.deeds, [
    'remove yard',
    'add barn rtsp://192.0.2.1/1',
    'pause door',
    'mask door 1',
    'liveliness door 0.4',
  ]);
  await later.kept.remove('barn');
  await later.kept.resume('door');

  const last = open(file);
  await last.kept.restore();
  t.deepEqual(last.cameras.deeds, ['remove yard', 'mask door 1', 'liveliness door 0.4']);
});

test('a change that no longer fits, or a damaged file, is logged and blocks nothing', async (t) => {
  const file = await fileOf(t);
  const { kept } = open(file);
  await kept.add('barn', { source: 'rtsp://192.0.2.1/1' });
  await writeFile(file, (await readFile(file, 'utf8')).replace('source', 'sauce'));
  const warnings: string[] = [];
  await open(file, warnings).kept.restore();
  t.regex(warnings.join(''), /no longer fits the config/);
  await writeFile(file, '{"version":1');
  await open(file, warnings).kept.restore();
  t.regex(warnings.join(''), /cannot read the earlier changes of cameras/);
});
