import { encodeModel } from './onnx-file.ts';
import {
  AttributeProto_AttributeType as AttributeType,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './onnx-messages.ts';

/** ONNX operator set and file version: onnxruntime has read both since 1.11. */
const opsetVersion = 15;
const irVersion = 8;

/** `TensorProto.DataType` */
const elementTypes = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10 } as const;

export type ElementType = keyof typeof elementTypes;

/** A size, or a name for a size that is known only at run time. */
export type Dimension = number | string;

/** The numbers of a constant. */
export type ConstantData = Float32Array | Uint8Array | Int8Array | Int32Array | BigInt64Array;

/** An operator's attributes. Numbers are written as INT or INTS: no operator used here has float attributes. */
export type Attributes = Readonly<Record<string, number | string | readonly number[]>>;

/**
 * Collects an ONNX graph node by node and encodes it.
 * Values are identified by name; `add` generates a name for each node's result.
 */
export class OnnxBuilder {
  readonly #name: string;
  readonly #nodes: NodeProto[] = [];
  readonly #initializers: TensorProto[] = [];
  readonly #constants = new Set<string>();
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  /** Number of nodes so far; used to make names unique. */
  get size(): number {
    return this.#nodes.length;
  }

  /** Declares an input; returns its name. */
  input(name: string, type: ElementType, shape: readonly Dimension[]): string {
    this.#inputs.push(valueInfo(name, type, shape));
    return name;
  }

  /** Declares an output: the value gets this name. */
  output(value: string, name: string, shape: readonly Dimension[], type: ElementType = 'float32'): void {
    this.#nodes.push({ opType: 'Identity', name, input: [value], output: [name] });
    this.#outputs.push(valueInfo(name, type, shape));
  }

  /**
   * Adds a constant, unless the graph has it already; returns its name.
   * @param data - as many elements as the shape says; not copied until `encode`
   */
  constant(name: string, shape: readonly number[], data: ConstantData): string {
    if (this.#constants.has(name)) return name;
    this.#constants.add(name);
    this.#initializers.push({
      name,
      dims: [...shape],
      dataType: elementTypes[elementTypeOf(data)],
      rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    });
    return name;
  }

  /** Adds a node with one result; returns the result's name. */
  add(opType: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const name = `${opType}_${this.#nodes.length}`;
    this.#nodes.push({
      opType,
      name,
      input: [...inputs],
      output: [name],
      attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    });
    return name;
  }

  /** Adds a conversion to another element type. */
  cast(value: string, type: ElementType): string {
    return this.add('Cast', [value], { to: elementTypes[type] });
  }

  /** The whole model as an ONNX file; a new array the caller owns. */
  encode(): Uint8Array {
    return encodeModel({
      irVersion,
      producerName: 'chromafeed',
      opsetImport: [{ domain: '', version: opsetVersion }],
      graph: {
        name: this.#name,
        node: this.#nodes,
        initializer: this.#initializers,
        input: this.#inputs,
        output: this.#outputs,
      },
    });
  }
}

function elementTypeOf(data: ConstantData): ElementType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Uint8Array) return 'uint8';
  if (data instanceof Int8Array) return 'int8';
  return data instanceof Int32Array ? 'int32' : 'int64';
}

function valueInfo(name: string, type: ElementType, shape: readonly Dimension[]): ValueInfoProto {
  const dim = shape.map((side) => (typeof side === 'number' ? { dimValue: side } : { dimParam: side }));
  return { name, type: { tensorType: { elemType: elementTypes[type], shape: { dim } } } };
}

function attribute(name: string, value: number | string | readonly number[]): AttributeProto {
  if (typeof value === 'string') return { name, type: AttributeType.STRING, s: Buffer.from(value) };
  if (typeof value === 'number') return { name, type: AttributeType.INT, i: value };
  return { name, type: AttributeType.INTS, ints: [...value] };
}
