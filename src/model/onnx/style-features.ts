import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sessionOptions } from '../engine/devices.ts';
import type { EngineSetup } from '../engine/engine.ts';
import { styleValueOf } from '../tables/network.ts';
import { buildNetwork, type FloatInput } from './onnx-graph.ts';

/** What a network has computed from the style's photo, in place of each picture. */
export interface StyleFeatures extends FloatInput {
  /** `[channels]`: the value has one row and one column */
  readonly features: Float32Array;
}

/**
 * Computes what a network takes from the style's photo. A network without such a value takes the photo's scene embedding,
 * which is a condition and needs no other graph.
 * @param weights - by name
 * @returns undefined if there is no style, or if the network has no such value
 */
export async function styleFeatures(
  { network, style, device, threads }: EngineSetup,
  weights: (name: string) => Float32Array,
): Promise<StyleFeatures | undefined> {
  const value = styleValueOf(network);
  if (style === undefined || value === undefined) return undefined;
  const { size } = style;
  const graph = buildNetwork(network, weights, { outputs: [value.name] });
  const session = await InferenceSession.create(graph, sessionOptions(device, threads));
  try {
    const luma = new Tensor('uint8', style.luma, [1, 1, size.heightPx, size.widthPx]);
    const features = (await session.run({ luma }))[value.name]?.data;
    if (features instanceof Float32Array) return { ...value, features };
    throw new TypeError(`expected float32 ${value.name} but got another type`);
  } finally {
    await session.release();
  }
}

/** Repeats the features for each picture of a batch: `[count * channels]`, a new array. */
export function repeated({ features }: StyleFeatures, count: number): Float32Array {
  const all = new Float32Array(count * features.length);
  for (let i = 0; i < count; i++) all.set(features, i * features.length);
  return all;
}
