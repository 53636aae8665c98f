import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { dashboardDirs } from '../../../../src/stream/publish/server/dashboard-files.ts';

test('the folders of the dashboard contain the page and the modules that it loads', (t) => {
  for (const file of ['index.html', 'style.css', 'stream/dashboard/main.js', 'stream/publish/protocol.js'])
    t.true(
      dashboardDirs.some((folder) => existsSync(join(folder, file))),
      file,
    );
});
