import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256File } from '../../../files/fingerprint.ts';
import type { DatasetManifest, Shard } from '../dataset-manifest.ts';

/** Whether all shards of a set exist with their full length. Their content is not read. */
export async function hasAllShards(dir: string, { shards }: DatasetManifest): Promise<boolean> {
  const found = await Promise.all(shards.map((shard) => hasAllBytes(dir, shard)));
  return found.every(Boolean);
}

/** Whether a shard's file matches its description to the last bit. */
export async function isIntact(dir: string, shard: Shard): Promise<boolean> {
  return (await hasAllBytes(dir, shard)) && (await sha256File(join(dir, shard.file))) === shard.sha256;
}

async function hasAllBytes(dir: string, { file, bytes }: Shard): Promise<boolean> {
  const found = await stat(join(dir, file)).catch(() => undefined);
  return found?.size === bytes;
}
