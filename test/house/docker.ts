import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const dockerfile = readFileSync(`${root}docker/Dockerfile`, 'utf8');
const lines = dockerfile.split('\n');

test('every path that the Dockerfile copies from here exists and is not ignored', (t) => {
  const ignored = readFileSync(`${root}.dockerignore`, 'utf8').split('\n');
  const sources = lines
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap((line) => line.split(' ').slice(1, -1));
  t.true(sources.length >= 8);
  for (const source of sources) {
    t.true(existsSync(root + source), `${source} is missing`);
    t.false(ignored.includes(source), `${source} is ignored`);
  }
});

test('the image starts the program that package.json names, as a user without rights', (t) => {
  const { bin } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { bin: { chromafeed: string } };
  t.true(dockerfile.includes(`ENTRYPOINT ["node", "/app/${bin.chromafeed}"]`));
  t.true(lines.indexOf('USER node') > lines.findLastIndex((line) => line.startsWith('RUN ')));
});
