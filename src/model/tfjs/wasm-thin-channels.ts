import * as tf from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { replaceWasmKernel, type KernelCall } from './wasm-kernel.ts';

/**
 * Up to this many channels. The backend's own kernels copy pixel by pixel, with a call for each, which is fast enough
 * for more channels.
 */
const mostChannels = 16;

/** Neighbouring channels of each pixel, starting with `first`. */
interface Channels {
  readonly tensor: tf.TensorInfo;
  readonly first: number;
}

/**
 * Makes joining, splitting and slicing the channels of [..., channels] some thirty times as fast on the WebAssembly
 * backend if there are few channels, as in the scene model of a camera. Call it once.
 */
export function registerThinChannels(): void {
  replaceWasmKernel(tf.Concat, concat);
  replaceWasmKernel(tf.SplitV, splitV);
  replaceWasmKernel(tf.Slice, slice);
}

function concat({ inputs, attrs, backend }: KernelCall): tf.TensorInfo | undefined {
  const parts = inputs as unknown as readonly tf.TensorInfo[];
  const [model] = parts;
  if (model === undefined || !parts.every(isThin) || axisOf(attrs, model) !== model.shape.length - 1) return;
  const width = parts.reduce((sum, part) => sum + channelsOf(part), 0);
  const joined = makeLike(backend, model, width);
  let first = 0;
  for (const part of parts) {
    copyChannels(backend, { tensor: part, first: 0 }, { tensor: joined, first }, channelsOf(part));
    first += channelsOf(part);
  }
  return joined;
}

function splitV({ inputs, attrs, backend }: KernelCall): tf.TensorInfo[] | undefined {
  const x = inputs['x'];
  if (x === undefined || !isThin(x) || axisOf(attrs, x) !== x.shape.length - 1) return;
  const { numOrSizeSplits } = attrs as Pick<tf.SplitVAttrs, keyof tf.SplitVAttrs>;
  const widths = tf.backend_util.prepareSplitSize(x, numOrSizeSplits, x.shape.length - 1);
  let first = 0;
  return widths.map((width) => {
    const part = makeLike(backend, x, width);
    copyChannels(backend, { tensor: x, first }, { tensor: part, first: 0 }, width);
    first += width;
    return part;
  });
}

function slice({ inputs, attrs, backend }: KernelCall): tf.TensorInfo | undefined {
  const x = inputs['x'];
  if (x === undefined || !isThin(x)) return;
  const given = attrs as Pick<tf.SliceAttrs, keyof tf.SliceAttrs>;
  const [begin = [], size = []] = tf.slice_util.parseSliceParams(x, given.begin, given.size);
  const [first, width] = [begin.at(-1) ?? 0, size.at(-1) ?? 0];
  if (x.shape.slice(0, -1).some((side, axis) => side !== size[axis])) return;
  const part = makeLike(backend, x, width);
  copyChannels(backend, { tensor: x, first }, { tensor: part, first: 0 }, width);
  return part;
}

function copyChannels(backend: unknown, from: Channels, to: Channels, count: number): void {
  const heap = backend as BackendWasm;
  // Read both after the last allocation: when the memory grows, older views become invalid.
  const [read, written] = [heap.typedArrayFromHeap(from.tensor), heap.typedArrayFromHeap(to.tensor)];
  const [readStep, writeStep] = [channelsOf(from.tensor), channelsOf(to.tensor)];
  for (let i = from.first, o = to.first; i < read.length; i += readStep, o += writeStep)
    for (let channel = 0; channel < count; channel++) written[o + channel] = read[i + channel] ?? NaN;
}

function makeLike(backend: unknown, { shape, dtype }: tf.TensorInfo, channels: number): tf.TensorInfo {
  return (backend as BackendWasm).makeOutput([...shape.slice(0, -1), channels], dtype);
}

function isThin({ shape, dtype }: tf.TensorInfo): boolean {
  return dtype === 'float32' && shape.length > 1 && (shape.at(-1) ?? 0) <= mostChannels;
}

function channelsOf({ shape }: tf.TensorInfo): number {
  return shape.at(-1) ?? 0;
}

function axisOf(attrs: KernelCall['attrs'], { shape }: tf.TensorInfo): number | undefined {
  return tf.util.parseAxisParam((attrs as { readonly axis: number }).axis, [...shape])[0];
}
