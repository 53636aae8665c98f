import { AppError } from '../../errors.ts';
import type { StoredConv } from './stored-conv.ts';

/**
 * Finds the weights of an encoder among the convolutions of a file. A layer takes the convolution with its name. If the
 * names differ, the layers of each shape take the convolutions of that shape in their order: in a chain of layers the
 * order of equal shapes is always the same, whatever order a library writes shortcuts in.
 * @param shapes - of the encoder's weights, `<layer>.weight` and `<layer>.bias`, in order
 * @param prefix - the part of the layers' names that the file does not have
 * @param stored - in the file's order; a first layer of three colours is summed over them if the encoder sees one
 * @param who - the file, for messages
 * @returns by the tables' names
 * @throws {AppError} MODEL_INVALID with the first layers that have no convolution
 */
export function matchBackbone(
  shapes: ReadonlyMap<string, readonly number[]>,
  prefix: string,
  stored: readonly StoredConv[],
  who: string,
): Map<string, Float32Array> {
  const layers = [...shapes].filter(([name]) => name.endsWith('.weight'));
  const seesColours = layers.some(([, shape]) => shape[1] === 3);
  const gray = stored.map((conv) => (conv.shape[1] === 3 && !seesColours ? summedOverColours(conv) : conv));
  const byName = new Map(gray.map((conv) => [conv.name, conv]));
  const hasNames = layers.every(([name]) => byName.has(bareName(name, prefix)));
  const byShape = new Map<string, StoredConv[]>();
  for (const conv of gray) {
    const key = conv.shape.join(' x ');
    byShape.set(key, [...(byShape.get(key) ?? []), conv]);
  }
  const weights = new Map<string, Float32Array>();
  const missing: string[] = [];
  for (const [name, shape] of layers) {
    const wanted = shape.join(' x ');
    const conv = hasNames ? byName.get(bareName(name, prefix)) : byShape.get(wanted)?.shift();
    if (conv?.shape.join(' x ') !== wanted) {
      missing.push(
        `${name} [${wanted}]${conv === undefined ? '' : ` (the file has ${conv.shape.join(' x ')})`}`,
      );
      continue;
    }
    weights.set(name, conv.weight);
    weights.set(name.replace(/weight$/, 'bias'), conv.bias);
  }
  if (missing.length === 0) return weights;
  throw new AppError(
    'MODEL_INVALID',
    `${who}: expected ${layers.length} convolutions for the encoder but got none for ${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ` and ${missing.length - 3} more` : ''}`,
    { cure: 'name a file with all layers of this encoder', details: { missing } },
  );
}

function bareName(name: string, prefix: string): string {
  return name.slice(prefix.length).replace(/\.weight$/, '');
}

/** In a gray picture the three colours are equal. */
function summedOverColours(conv: StoredConv): StoredConv {
  const [out = NaN, colours = NaN, rows = NaN, columns = NaN] = conv.shape;
  const area = rows * columns;
  const weight = new Float32Array(out * area);
  for (let i = 0; i < conv.weight.length; i++) {
    const channel = Math.floor(i / (colours * area));
    weight[channel * area + (i % area)]! += conv.weight[i]!;
  }
  return { ...conv, shape: [out, 1, rows, columns], weight };
}
