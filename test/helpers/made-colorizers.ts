/** Small colorizers as ONNX files, one of each form that published exports have, and their arithmetic a second time. */
import { writeFile } from 'node:fs/promises';
import { OnnxBuilder, type Dimension } from '../../src/model/onnx/onnx-builder.ts';

/** Writes the graph that a function builds. */
export async function writeGraph(path: string, build: (graph: OnnxBuilder) => void): Promise<string> {
  const graph = new OnnxBuilder('colorizer');
  build(graph);
  await writeFile(path, graph.encode());
  return path;
}

function scalar(graph: OnnxBuilder, name: string, value: number): string {
  return graph.constant(name, [], Float32Array.of(value));
}

/** One number for each of two channels. */
function pair(graph: OnnxBuilder, name: string, values: readonly [number, number]): string {
  return graph.constant(name, [1, 2, 1, 1], Float32Array.from(values));
}

/** CIE lightness of a gray byte, from the formulas of IEC 61966-2-1 and CIE 15. */
export function lightness(byte: number): number {
  const value = byte / 255;
  const linear = value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  return linear > (6 / 29) ** 3 ? 116 * linear ** (1 / 3) - 16 : linear * (29 / 3) ** 3;
}

/** A network of the form that the arithmetic below it repeats. */
export interface MadeColorizer {
  readonly write: (path: string) => Promise<string>;
  /** a*, b* of a gray byte where the picture is flat */
  readonly abOf: (byte: number) => readonly [number, number];
}

const zhang = (byte: number): [number, number] => {
  const x = (lightness(byte) - 50) / 100;
  return [110 * Math.tanh(0.8 * x), 110 * Math.tanh(-0.5 * x + 0.1)];
};

/** The layers of Zhang's networks, from normalised L to normalised a*, b*. */
function zhangLayers(graph: OnnxBuilder, normalized: string): string {
  const scaled = graph.add('Mul', [normalized, pair(graph, 'gain', [0.8, -0.5])]);
  return graph.add('Tanh', [graph.add('Add', [scaled, pair(graph, 'offset', [0, 0.1])])]);
}

function normalize(graph: OnnxBuilder, value: string): string {
  const centred = graph.add('Sub', [value, scalar(graph, 'centre', 50)]);
  return graph.add('Div', [centred, scalar(graph, 'norm', 100)]);
}

/** ECCV16: L to a*, b*, with the normalisation in the graph. */
export const eccv16: MadeColorizer = {
  abOf: zhang,
  write: (path) =>
    writeGraph(path, (graph) => {
      const input = graph.input('input', 'float32', [1, 1, 48, 64]);
      const ab = zhangLayers(graph, normalize(graph, input));
      graph.output(graph.add('Mul', [ab, scalar(graph, 'unit', 110)]), 'output', [1, 2, 48, 64]);
    }),
};

/** SIGGRAPH17 as the OpenVINO zoo has it: hints and their mask are further inputs. */
export const siggraph17: MadeColorizer = {
  abOf: zhang,
  write: (path) =>
    writeGraph(path, (graph) => {
      const input = graph.input('data_l', 'float32', [1, 1, 48, 64]);
      const hints = graph.input('user_ab', 'float32', [1, 2, 48, 64]);
      const mask = graph.input('user_map', 'float32', [1, 1, 48, 64]);
      const ab = zhangLayers(graph, normalize(graph, input));
      const hinted = graph.add('Add', [ab, graph.add('Add', [hints, mask])]);
      graph.output(graph.add('Mul', [hinted, scalar(graph, 'unit', 110)]), 'color_ab', [1, 2, 48, 64]);
    }),
};

/** A browser's ECCV16: both sides normalised by the caller, and any size. */
export const normalizedZhang: MadeColorizer = {
  abOf: zhang,
  write: (path) =>
    writeGraph(path, (graph) => {
      const shape: Dimension[] = [1, 1, 'height', 'width'];
      const doubled = graph.add('Concat', [graph.input('input', 'float32', shape), 'input'], { axis: 1 });
      graph.output(zhangLayers(graph, doubled), 'ab', [1, 2, 'height', 'width']);
    }),
};

/** Zhang's Caffe form: L - 50 in 224 x 224, a*, b* four times smaller. */
export const caffeZhang: MadeColorizer = {
  abOf: (byte) => [0.4 * (lightness(byte) - 50), -0.2 * (lightness(byte) - 50)],
  write: (path) =>
    writeGraph(path, (graph) => {
      const input = graph.input('data_l', 'float32', [1, 1, 224, 224]);
      const small = graph.add('AveragePool', [input], { kernel_shape: [4, 4], strides: [4, 4] });
      graph.output(graph.add('Mul', [small, pair(graph, 'gain', [0.4, -0.2])]), 'class8_ab', [1, 2, 56, 56]);
    }),
};

/** DDColor: gray R'G'B' 0..1 to a*, b*, in one size. */
export const ddcolor: MadeColorizer = {
  abOf: (byte) => [40 * (byte / 255) ** 2 - 10, 12 - 30 * (byte / 255) ** 2],
  write: (path) =>
    writeGraph(path, (graph) => {
      const input = graph.input('input', 'float32', [1, 3, 64, 64]);
      const squared = graph.add('Mul', [input, input]);
      const weights = Float32Array.of(10, 10, 20, -10, -15, -5);
      const ab = graph.add('Conv', [
        squared,
        graph.constant('weight', [2, 3, 1, 1], weights),
        graph.constant('bias', [2], Float32Array.of(-10, 12)),
      ]);
      graph.output(ab, 'output', [1, 2, 64, 64]);
    }),
};

/** R'G'B' of a gray byte: warm where it is bright, cool where it is dark; 0..1. */
function warmAndCool(byte: number): [number, number, number] {
  const gray = byte / 255;
  const clip = (value: number): number => Math.min(1, Math.max(0, value));
  return [clip(1.2 * gray - 0.05), clip(gray), clip(0.8 * gray + 0.1)];
}

/** a*, b* of R'G'B', from the formulas, with the matrix of IEC 61966-2-1. */
function labOf([red, green, blue]: readonly [number, number, number]): [number, number] {
  const linear = (value: number): number =>
    value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const curve = (t: number): number => (t > (6 / 29) ** 3 ? t ** (1 / 3) : t / (3 * (6 / 29) ** 2) + 4 / 29);
  const [r, g, b] = [linear(red), linear(green), linear(blue)];
  const x = curve((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = curve(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = curve((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [500 * (x - y), 200 * (y - z)];
}

interface DeoldifyForm {
  readonly white: 1 | 255;
  readonly names: readonly [string, string];
  readonly type: 'float32' | 'float16';
  /** both sides; absent: any multiple of 16 */
  readonly sidePx?: number;
}

/** DeOldify: gray R'G'B' to R'G'B', any multiple of 16. */
export function deoldify({ white, names, type, sidePx }: DeoldifyForm): MadeColorizer {
  return {
    abOf: (byte) => labOf(warmAndCool(byte)),
    write: (path) =>
      writeGraph(path, (graph) => {
        const shape: Dimension[] = [1, 3, sidePx ?? 'height', sidePx ?? 'width'];
        const input = graph.input(names[0], type, shape);
        const blocks = graph.add('SpaceToDepth', [graph.cast(input, 'float32')], { blocksize: 16 });
        const picture = graph.add('DepthToSpace', [blocks], { blocksize: 16 });
        const gain = graph.constant('gain', [1, 3, 1, 1], Float32Array.of(1.2, 1, 0.8));
        const offset = graph.constant('offset', [1, 3, 1, 1], Float32Array.of(-0.05 * white, 0, 0.1 * white));
        const color = graph.add('Add', [graph.add('Mul', [picture, gain]), offset]);
        const clipped = graph.add('Clip', [color, scalar(graph, 'black', 0), scalar(graph, 'white', white)]);
        graph.output(graph.cast(clipped, type), names[1], shape, type);
      }),
  };
}
