import { readFile } from 'node:fs/promises';
import { decodeModel } from '../onnx/onnx-file.ts';
import type { NodeProto } from '../onnx/onnx-messages.ts';

/** Operators that only pass a picture on. */
const passing = ['Cast', 'Identity'];

/**
 * Finds the operators that read an input of an ONNX file first. They show whether the graph normalises its picture
 * itself.
 * @param file - the ONNX file
 * @returns ONNX's names of the operators, in the order of the file, for example `['Sub']`; empty if the file cannot be
 *   decoded
 */
export async function firstOperators(file: string, input: string): Promise<string[]> {
  const nodes = await readFile(file).then(
    (bytes) => decodeModel(bytes).graph?.node ?? [],
    () => [], // onnxruntime has opened the file, so only what it says is reported
  );
  return readersOf(nodes, input);
}

function readersOf(nodes: readonly NodeProto[], value: string): string[] {
  return nodes
    .filter(({ input }) => input?.includes(value) === true)
    .flatMap(({ opType = '', output }) => {
      const [next] = output ?? [];
      return passing.includes(opType) && next !== undefined && next !== value
        ? readersOf(nodes, next)
        : [opType];
    });
}
