import { sha256File } from '../../../files/fingerprint.ts';
import type { Colorizer } from '../../../model/colorizer.ts';
import { pixelVersion } from '../../../model/pixel-version.ts';

/** What a network's colours depend on. */
export type NetworkIdentity = Pick<
  Colorizer,
  'model' | 'blend' | 'engine' | 'device' | 'precision' | 'embedding' | 'style'
>;

/** Lists what a network's colours depend on, apart from the picture and the options, for a fingerprint. */
export async function networkFacts({
  model,
  blend,
  engine,
  device,
  precision,
  embedding,
  style,
}: NetworkIdentity): Promise<Record<string, unknown>> {
  return {
    weights: model.weights.map(({ sha256 }) => sha256),
    blend: blend && [blend.share, ...blend.model.weights.map(({ sha256 }) => sha256)],
    embedding: embedding && (embedding.bundled?.sha256 ?? (await sha256File(embedding.path))),
    style: style?.sha256,
    engine,
    device,
    precision,
    pixels: pixelVersion,
  };
}
