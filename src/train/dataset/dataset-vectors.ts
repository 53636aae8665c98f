import { sha256File } from '../../files/fingerprint.ts';
import { bundledEmbedding, loadEmbedding, type EmbeddingFile } from '../../model/embedding/embedding-file.ts';
import { inspectEmbedding } from '../../model/embedding/inspect-embedding.ts';
import type { DatasetEmbedding } from './dataset-manifest.ts';
import type { DatasetJob } from './dataset-job.ts';
import { embeddingSidePx } from './pictures/embedding-picture.ts';

/** Where the vectors of a set come from. Plain data, so that it can be sent to a worker. */
export interface DatasetVectors {
  readonly file: EmbeddingFile;
  /** of the file, hexadecimal */
  readonly sha256: string;
  readonly network: DatasetEmbedding;
}

/**
 * Finds the network that makes a set's vectors, and what it gives.
 * @param asked - a user's network; undefined: the bundled Inception v3
 * @throws {AppError} MODEL_INVALID
 */
export async function openVectors(asked: DatasetJob['embedding']): Promise<DatasetVectors> {
  if (asked === undefined) {
    const { path, ...facts } = await bundledEmbedding();
    const network = { network: facts.name, size: facts.size, input: embeddingSidePx };
    return { file: { path, bundled: { path, ...facts } }, sha256: facts.sha256, network };
  }
  const file = await loadEmbedding(asked.path);
  const network = await inspectEmbedding(file.path, asked.range);
  return { file, sha256: await sha256File(file.path), network };
}
