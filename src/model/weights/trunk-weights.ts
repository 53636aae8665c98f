import { AppError } from '../../errors.ts';
import { decodeModel } from '../onnx/onnx-file.ts';
import type { TensorProto } from '../onnx/onnx-messages.ts';
import { trunkPrefix } from '../tables/inception-v3.ts';
import { readChecked, type ChecksummedFile } from './weights.ts';

/**
 * Reads the weights of the embedding network that comes with the program, so that a model can use its layers as its
 * own trunk.
 * @param file - the bundled Inception v3; each convolution has `<name>.codes` (8 bits), `.scale` and `.offset` (one
 *   each per output channel) and `.bias`
 * @returns weights by the tables' names, such as `trunk.conv2d_1.weight`; unpacked on demand, new arrays the caller
 *   owns
 * @throws {AppError} MODEL_INVALID when the file is damaged
 */
export async function readTrunkWeights(file: ChecksummedFile): Promise<(name: string) => Float32Array> {
  const { graph } = decodeModel(await readChecked(file));
  const tensors = new Map((graph?.initializer ?? []).map((tensor) => [tensor.name ?? '', tensor]));
  const tensorOf = (name: string): TensorProto => {
    const tensor = tensors.get(name);
    if (tensor !== undefined) return tensor;
    throw new AppError('MODEL_INVALID', `${file.path}: expected a tensor "${name}" but got none`, {
      cure: 'install chromafeed again',
    });
  };
  return (name) => {
    const own = name.slice(trunkPrefix.length);
    if (own.endsWith('.bias')) return floatsOf(tensorOf(own));
    const layer = own.replace(/\.weight$/, '');
    return unpack(tensorOf(`${layer}.codes`), tensorOf(`${layer}.scale`), tensorOf(`${layer}.offset`));
  };
}

function unpack(codes: TensorProto, scale: TensorProto, offset: TensorProto): Float32Array {
  const bytes = codes.rawData ?? new Uint8Array();
  const scales = floatsOf(scale);
  const offsets = floatsOf(offset);
  const perChannel = bytes.length / scales.length;
  // Loops, because `Float32Array.from` takes 3 s for the 6 million weights at each start of the program.
  const out = new Float32Array(bytes.length);
  for (let channel = 0; channel < scales.length; channel++) {
    const [factor, shift] = [scales[channel]!, offsets[channel]!];
    const end = (channel + 1) * perChannel;
    for (let i = channel * perChannel; i < end; i++) out[i] = Math.fround(bytes[i]! * factor) + shift;
  }
  return out;
}

/** A copy at an aligned address. */
function floatsOf({ rawData }: TensorProto): Float32Array {
  return new Float32Array(new Uint8Array(rawData ?? []).buffer);
}
