/**
 * The process in which an imported network runs. A file from the internet may crash, take all memory or never end, and
 * then only this process ends. It receives one request at a time over IPC and answers each one.
 */
import { setPriority } from 'node:os';
import type { SizePx } from '../../frame.ts';
import type { DeviceName } from '../engine/devices.ts';
import type { Contract } from './contract.ts';
import { abOf } from './convert.ts';
import { firstOperators } from './first-operators.ts';
import {
  ImportedSession,
  type ContractInputs,
  type LumaPicture,
  type RawTensor,
  type TensorFacts,
} from './imported-session.ts';

/** Where and how an imported network runs. */
export interface ImportedSetup {
  /** the ONNX file, absolute */
  readonly file: string;
  readonly device: DeviceName;
  readonly threads: number;
  /** added to the priority number of the process; absent: 0 */
  readonly niceness?: number | undefined;
}

/** The inputs and outputs of a graph. */
export interface Signature {
  readonly inputs: readonly TensorFacts[];
  readonly outputs: readonly TensorFacts[];
}

/** The requests by name, with their results. */
export interface ProcessTasks {
  readonly open: { task: ImportedSetup; value: Signature };
  /** the operators that read an input first */
  readonly operators: { task: { file: string; input: string }; value: string[] };
  /** one picture, and the network's results as they are */
  readonly run: { task: { inputs: ContractInputs; picture: LumaPicture }; value: RawTensor[] };
  /** one picture, and a*, b* of `size`, `[2, heightPx, widthPx]` */
  readonly colorize: {
    task: { contract: Contract; picture: LumaPicture; size: SizePx };
    value: Float32Array;
  };
}

export type ProcessRequest = {
  [Name in keyof ProcessTasks]: { name: Name; task: ProcessTasks[Name]['task'] };
}[keyof ProcessTasks];

export type ProcessAnswer = { readonly value: unknown } | { readonly fault: string };

let session: ImportedSession | undefined;

// Ctrl-C in a terminal reaches this process too. The program ends it when the work is saved.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit());
process.on('message', (request: ProcessRequest) => {
  void answer(request).then((result) => process.send?.(result));
});

async function answer(request: ProcessRequest): Promise<ProcessAnswer> {
  try {
    return { value: await perform(request) };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

async function perform(request: ProcessRequest): Promise<ProcessTasks[keyof ProcessTasks]['value']> {
  switch (request.name) {
    case 'open':
      return open(request.task);
    case 'operators':
      return firstOperators(request.task.file, request.task.input);
    case 'run':
      return opened().run(request.task.inputs, request.task.picture);
    case 'colorize':
      return colorize(request.task);
  }
}

async function open({ file, device, threads, niceness = 0 }: ImportedSetup): Promise<Signature> {
  if (niceness !== 0) setPriority(niceness);
  session = await ImportedSession.open(file, device, threads);
  return { inputs: session.inputs, outputs: session.outputs };
}

async function colorize({
  contract,
  picture,
  size,
}: ProcessTasks['colorize']['task']): Promise<Float32Array> {
  const { name, form } = contract.output;
  const [raw] = await opened().run(contract, picture, [name]);
  return abOf(rawColor(raw), form, size);
}

function rawColor(raw: RawTensor | undefined): Parameters<typeof abOf>[0] {
  const [, channels, heightPx, widthPx] = raw?.dims ?? [];
  if (raw?.values === undefined || channels === undefined || heightPx === undefined || widthPx === undefined)
    throw new TypeError(`expected colour as [1, channels, height, width] but got [${raw?.dims.join(', ')}]`);
  return { values: raw.values, channels, size: { widthPx, heightPx } };
}

function opened(): ImportedSession {
  if (session === undefined) throw new TypeError('expected an open network but got none');
  return session;
}
