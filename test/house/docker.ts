import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '../../src/config/load-config.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const dockerfiles = ['docker/Dockerfile', 'docker/Dockerfile.nvidia'];

for (const path of dockerfiles) {
  const lines = text(path).split('\n');

  test(`every path that ${path} copies from here exists and is not ignored`, (t) => {
    const ignored = text('.dockerignore').split('\n');
    const sources = lines
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(' ').slice(1, -1));
    t.true(sources.length >= 8);
    for (const source of sources) {
      t.true(existsSync(root + source), `${source} is missing`);
      t.false(
        ignored.some((each) => each !== '' && `${source}/`.startsWith(`${each}/`)),
        `${source} is ignored`,
      );
    }
  });

  test(`${path} starts the program that package.json names, as a user without rights`, (t) => {
    const { bin } = JSON.parse(text('package.json')) as { bin: { chromafeed: string } };
    t.true(lines.includes(`ENTRYPOINT ["node", "/app/${bin.chromafeed}"]`));
    const user = lines.findIndex((line) => /^USER (node|ubuntu)$/.test(line));
    t.true(user > lines.findLastIndex((line) => line.startsWith('RUN ')));
  });

  test(`${path} brings every file that the program reads beside its own code`, (t) => {
    const copied = lines.filter((line) => line.startsWith('COPY ')).join('\n');
    for (const needed of ['package.json', 'models', 'samples', 'config', 'src/stream/dashboard/static'])
      t.true(copied.includes(needed), needed);
  });
}

const composeSchema = z.object({
  services: z.record(
    z.string(),
    z.looseObject({
      build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
      volumes: z.array(z.string()).optional(),
      command: z.array(z.string()).optional(),
      ports: z.array(z.string()).optional(),
      depends_on: z.array(z.string()).optional(),
    }),
  ),
});

test('every file and service that compose.yaml names exists, and it opens ports to this machine alone', (t) => {
  for (const path of ['docker/compose.yaml', 'docker/compose.nvidia.yaml']) {
    const { services } = composeSchema.parse(parse(text(path)));
    for (const service of Object.values(services)) {
      if (service.build)
        t.true(existsSync(join(root, 'docker', service.build.context, service.build.dockerfile)));
      for (const volume of service.volumes ?? [])
        t.true(existsSync(join(root, 'docker', volume.split(':')[0] ?? '')), volume);
      for (const port of service.ports ?? []) t.true(port.startsWith('127.0.0.1:'), port);
      for (const other of service.depends_on ?? []) t.true(other in services, other);
      const sample = service.command?.find((word) => word.startsWith('/app/'));
      if (sample !== undefined) t.true(existsSync(join(root, sample.slice('/app/'.length))), sample);
    }
  }
});

test("compose's config is one that serve takes, and its camera is where the test camera publishes", async (t) => {
  const env = { VIEWER_HASH: `sha256:${'0'.repeat(64)}` };
  const { config } = await loadConfig(join(root, 'docker/cameras.yaml'), { env });
  const { services } = composeSchema.parse(parse(text('docker/compose.yaml')));
  t.is(config.cameras['entrance']?.source, services['test-camera']?.command?.at(-1));
  t.true(services['chromafeed']?.ports?.some((port) => port.endsWith(`:${config.server.port}`)));
});

test('the systemd unit starts the program that package.json names', (t) => {
  const { bin } = JSON.parse(text('package.json')) as { bin: { chromafeed: string } };
  t.regex(
    text('docker/chromafeed.service'),
    new RegExp(`^ExecStart=.*/${bin.chromafeed.replaceAll('.', '\\.')} serve `, 'm'),
  );
});
