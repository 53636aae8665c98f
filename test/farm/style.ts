import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { jobModel } from '../../src/farm/jobs/model-files.ts';
import type { OutputStore } from '../../src/farm/storage/output-store.ts';
import { fetchFiles } from '../../src/farm/worker/fetch-files.ts';
import { tempFolder } from '../helpers/run-ffmpeg.ts';

test("a style's photo travels by its checksum, and is part of what a film is", async (t) => {
  const folder = await tempFolder(t);
  const photo = join(folder, 'my photo.jpg');
  await writeFile(photo, 'a photo');
  const styled = await jobModel({ model: 'starter', style: photo });
  t.notDeepEqual(styled.identity, (await jobModel({ model: 'starter' })).identity);
  t.is(styled.files.style?.name, 'my_photo.jpg');
  t.deepEqual(
    styled.local.map(({ path }) => path),
    [photo],
  );
  const asked: string[] = [];
  const store = {
    getFile: async (sha256: string, to: string) => {
      asked.push(sha256);
      await copyFile(photo, to);
    },
  } as OutputStore;
  const { style = '' } = await fetchFiles(styled.files, store, join(folder, 'worker'));
  t.deepEqual(asked, [styled.files.style?.sha256]);
  t.is(await readFile(style, 'utf8'), 'a photo');
});
