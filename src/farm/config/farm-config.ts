/** The config of the film farm: how to reach Redis and the storage, on this machine. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { ConfigDocument } from '../../config/config-document.ts';
import { configError, type ConfigPath } from '../../config/config-fault.ts';
import { explainIssues } from '../../config/explain-issue.ts';
import { readConfig } from '../../config/read-config.ts';
import { AppError } from '../../errors.ts';
import { readCa } from '../../files/read-ca.ts';

const path = z.string().min(1);
const rootName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,63}$/,
    'expected 1 to 64 of a-z, 0-9, "-" and "_", the first a letter or digit',
  );

/** The schema of the config. */
export const farmConfigSchema = z.strictObject({
  redis: z
    .strictObject({
      url: z.string().optional().describe('redis://HOST:PORT/DATABASE, or rediss:// with TLS'),
      user: z.string().min(1).optional().describe("the user's name; absent: the server's default user"),
      password: z.string().min(1).optional().describe('write ${NAME} to read it from the environment'),
      ca: path
        .optional()
        .describe("a file with the certificate authority of the server, PEM; absent: the system's"),
    })
    .optional(),
  storage: z
    .strictObject({
      roots: z
        .record(rootName, path)
        .default({})
        .describe('shared folders by name: the same names on all machines, the paths of this one'),
      s3: z
        .strictObject({
          endpoint: z.url().optional().describe('address of an S3-compatible server; absent: AWS'),
          region: z.string().min(1).optional(),
          accessKeyId: z.string().min(1).optional().describe('absent: as the AWS SDK finds it'),
          secretAccessKey: z.string().min(1).optional(),
          pathStyle: z.boolean().optional().describe("whether the bucket's name is in the path"),
        })
        .optional(),
      cache: path.optional().describe('a folder on this machine for what comes from S3'),
      cacheGB: z.number().min(0.001).max(1e6).default(100).describe('the largest size of the cache'),
    })
    .prefault({}),
  worker: z
    .strictObject({
      lockSeconds: z
        .number()
        .min(1)
        .max(600)
        .default(20)
        .describe('a film whose worker does not answer for this long goes to another one'),
    })
    .prefault({}),
});

/** A valid config, with absolute paths; `redis.ca` is the certificate itself. */
export type FarmConfig = z.infer<typeof farmConfigSchema>;

/**
 * Reads the config of the farm.
 * @param named - of the option `--config`; absent: `chromafeed/farm.yaml` in the user's config folder, if it exists
 * @throws {AppError} INPUT_MISSING, CONFIG_INVALID
 */
export async function loadFarmConfig(
  named?: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<FarmConfig> {
  const file = named ?? usualFile(env);
  if (named === undefined && !existsSync(file)) return farmConfigSchema.parse({});
  return absolute(parseFarmConfig(await readConfig(file), file, env), dirname(resolve(file)));
}

/** @see https://specifications.freedesktop.org/basedir-spec/latest/ */
function usualFile({ XDG_CONFIG_HOME: xdg }: NodeJS.ProcessEnv): string {
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.config');
  return join(base, 'chromafeed', 'farm.yaml');
}

function parseFarmConfig(text: string, file: string, env: NodeJS.ProcessEnv): FarmConfig {
  const document = new ConfigDocument(text, env);
  const parsed = farmConfigSchema.safeParse(document.values ?? {});
  const isSecret = (at: ConfigPath): boolean =>
    document.isSecret(at) || at.some((step) => secretKeys.has(step));
  const issues = document.values === undefined ? [] : (parsed.error?.issues ?? []);
  const faults = explainIssues(issues, { schema: farmConfigSchema, input: document.values, isSecret });
  const all = [...document.faults, ...faults.map((fault) => document.place(fault))];
  if (parsed.success && all.length === 0) return parsed.data;
  const { message, details } = configError(file, all);
  throw new AppError('CONFIG_INVALID', message, {
    cure: 'correct these lines; docs/farm.md lists every setting',
    details: { ...details },
  });
}

const secretKeys: ReadonlySet<string | number> = new Set([
  'password',
  'secretAccessKey',
  'accessKeyId',
  'url',
]);

/** Relative paths start at the config's folder. */
async function absolute(config: FarmConfig, dir: string): Promise<FarmConfig> {
  const { redis, storage } = config;
  return {
    ...config,
    ...(redis && {
      redis: {
        ...redis,
        ...(redis.ca !== undefined && { ca: await readCa(resolve(dir, redis.ca), 'redis.ca') }),
      },
    }),
    storage: {
      ...storage,
      roots: Object.fromEntries(
        Object.entries(storage.roots).map(([name, root]) => [name, resolve(dir, root)]),
      ),
      ...(storage.cache !== undefined && { cache: resolve(dir, storage.cache) }),
    },
  };
}
