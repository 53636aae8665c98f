import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '../../src/config/load-config.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const dockerfiles = ['docker/Dockerfile', 'docker/Dockerfile.nvidia', 'docker/Dockerfile.tensorflow-gpu'];

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

  test(`${path} contains every file that the program reads, apart from its own code`, (t) => {
    const copied = lines.filter((line) => line.startsWith('COPY ')).join('\n');
    for (const needed of ['package.json', 'models', 'samples', 'config', 'src/stream/dashboard/static'])
      t.true(copied.includes(needed), needed);
  });

  test(`${path} takes files only from stages before, and bases only on images of a named version`, (t) => {
    const stages = new Set<string>();
    const defaults = new Map<string, string>();
    for (const line of lines) {
      const [, argument, value] = /^ARG (\w+)=(\S+)$/.exec(line) ?? [];
      if (argument !== undefined && value !== undefined) defaults.set(`\${${argument}}`, value);
      const [, image, stage] = /^FROM (\S+)(?: AS (\w+))?$/.exec(line) ?? [];
      if (image !== undefined) t.regex(defaults.get(image) ?? image, /^[a-z]+(\/[a-z]+)?:\d[\w.-]+$/);
      if (stage !== undefined) stages.add(stage);
      const [, origin] = /^COPY --from=(\S+) /.exec(line) ?? [];
      if (origin !== undefined) t.true(stages.has(origin), origin);
    }
    t.true(stages.size >= 2);
  });
}

test('the image and the script for TensorFlow install the bridge of the TensorFlow.js that is locked', (t) => {
  const lock = JSON.parse(text('package-lock.json')) as { packages: Record<string, { version: string }> };
  const locked = lock.packages['node_modules/@tensorflow/tfjs-core']?.version;
  for (const [path, name] of [
    ['docker/Dockerfile.tensorflow-gpu', '@tensorflow/tfjs-node-gpu'],
    ['scripts/install-tensorflow.sh', '@tensorflow/tfjs-node'],
  ] as const)
    t.true(text(path).includes(`${name}@${locked ?? '?'}`), path);
});

const composeSchema = z.object({
  services: z.record(
    z.string(),
    z.looseObject({
      build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
      volumes: z.array(z.string()).optional(),
      command: z.array(z.string()).optional(),
      ports: z.array(z.string()).optional(),
      depends_on: z.array(z.string()).optional(),
      // A colon with a space after it makes a mapping of a line that has no quotes.
      healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
    }),
  ),
  volumes: z.record(z.string(), z.unknown()).optional(),
});

/** The text with the defaults of its variables, as Docker Compose reads it where none is set. */
function withDefaults(compose: string): string {
  return compose.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind: string, value: string) =>
    kind === '-' ? value : name.toLowerCase(),
  );
}

test('every file and service that compose.yaml names exists, and it opens ports only to this machine', (t) => {
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

test('serve accepts the config of compose, and its camera is where the test camera publishes', async (t) => {
  const env = { VIEWER_HASH: `sha256:${'0'.repeat(64)}` };
  const { config } = await loadConfig(join(root, 'docker/cameras.yaml'), { env });
  const { services } = composeSchema.parse(parse(text('docker/compose.yaml')));
  t.is(config.cameras['entrance']?.source, services['test-camera']?.command?.at(-1));
  t.true(services['chromafeed']?.ports?.some((port) => port.endsWith(`:${config.server.port}`)));
  const [viewer] = config.server.users;
  t.like(viewer, { name: 'viewer', admin: false, cameras: ['entrance'] });
});

test('the systemd unit starts the program that package.json names', (t) => {
  const { bin } = JSON.parse(text('package.json')) as { bin: { chromafeed: string } };
  t.regex(
    text('docker/chromafeed.service'),
    new RegExp(`^ExecStart=.*/${bin.chromafeed.replaceAll('.', '\\.')} serve `, 'm'),
  );
});

test('the compose file of the farm opens Redis only to this machine, with a password, and starts a worker', (t) => {
  const { services, volumes = {} } = composeSchema.parse(
    parse(withDefaults(text('docker/compose.farm.yaml'))),
  );
  const { redis, worker } = services;
  t.deepEqual(redis?.ports, ['127.0.0.1:6379:6379']);
  t.regex(redis?.command?.at(-1) ?? '', /--maxmemory-policy noeviction --requirepass "\$\$REDIS_PASSWORD"/);
  for (const volume of redis?.volumes ?? []) t.true((volume.split(':')[0] ?? '') in volumes, volume);
  t.true(existsSync(join(root, 'docker', worker?.build?.context ?? '', worker?.build?.dockerfile ?? '?')));
  t.deepEqual(worker?.command, ['worker']);
  t.like(worker?.['environment'], { CHROMAFEED_REDIS: 'redis://:redis_password@redis' });
  for (const other of worker?.depends_on ?? []) t.true(other in services, other);
});
