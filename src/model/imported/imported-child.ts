import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { AppError } from '../../errors.ts';
import { sizeText } from '../../log/amount-text.ts';
import type {
  ImportedSetup,
  ProcessAnswer,
  ProcessRequest,
  ProcessTasks,
  Signature,
} from './imported-process.ts';

/** What an imported network may take. */
export interface ImportedLimits {
  /** for opening the file, and for each picture, milliseconds */
  readonly timeMs: number;
  /** of memory, bytes (Linux) */
  readonly bytes: number;
}

/** The largest published networks take a tenth of this for a picture on two cores. */
const mostMs = 120_000;
/** For the values between the layers; the weights come on top. */
const workingBytes = 6 * 2 ** 30;
/** How often its memory is looked at, milliseconds. */
const watchMs = 100;

/**
 * The process of an imported network. It ends when the network takes more time or memory than it may, and when it is
 * disposed of; the caller owns it.
 */
export class ImportedChild implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #who: string;
  readonly #limits: ImportedLimits;
  #signature: Signature = { inputs: [], outputs: [] };
  /** Ends the wait for the request in progress. */
  #fail: ((error: AppError) => void) | undefined;
  /** The requests run one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #ended: AppError | undefined;

  private constructor(file: string, limits: ImportedLimits) {
    this.#who = file;
    this.#limits = limits;
    this.#child = fork(new URL('./imported-process.js', import.meta.url), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [],
    });
    this.#child.on('error', (error) => this.#end(`could not start: ${error.message}`));
    this.#child.once('exit', (code, signal) =>
      this.#end(`ended its process (${signal ?? `exit code ${code ?? '?'}`})`),
    );
  }

  /**
   * Starts the process and opens the network in it.
   * @param limits - absent: 120 s for each step, and 6 GiB of memory and four times the file
   * @throws {AppError} MODEL_INVALID when the file is no ONNX graph, the device cannot be used or a limit is reached
   */
  static async open(setup: ImportedSetup, limits?: Partial<ImportedLimits>): Promise<ImportedChild> {
    const { size } = await stat(setup.file);
    const child = new ImportedChild(setup.file, {
      timeMs: mostMs,
      bytes: workingBytes + 4 * size,
      ...limits,
    });
    try {
      child.#signature = await child.ask('open', setup);
      return child;
    } catch (error) {
      await child[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The inputs and outputs of the graph. */
  get signature(): Signature {
    return this.#signature;
  }

  /** Whether it can no longer be asked. */
  get isOver(): boolean {
    return this.#ended !== undefined;
  }

  /**
   * Sends a request, after those before it.
   * @throws {AppError} MODEL_INVALID with the network's own error, or when it takes more than it may
   */
  ask<Name extends keyof ProcessTasks>(
    name: Name,
    task: ProcessTasks[Name]['task'],
  ): Promise<ProcessTasks[Name]['value']> {
    const asked = this.#last.then(() => this.#send({ name, task } as ProcessRequest));
    this.#last = asked.catch(() => undefined); // the caller gets the error
    return asked as Promise<ProcessTasks[Name]['value']>;
  }

  async #send(request: ProcessRequest): Promise<unknown> {
    if (this.#ended !== undefined) throw this.#ended;
    const timer = setTimeout(
      () =>
        this.#end(
          `took more than ${this.#limits.timeMs / 1000} s ${request.name === 'open' ? 'to open' : 'for a picture'}`,
        ),
      this.#limits.timeMs,
    );
    const watch = setInterval(() => void this.#watchMemory(), watchMs);
    try {
      const answer = await new Promise<ProcessAnswer>((resolve, reject) => {
        this.#fail = reject;
        this.#child.once('message', resolve);
        this.#child.send(request);
      });
      if ('value' in answer) return answer.value;
      throw refusal(this.#who, firstLine(answer.fault), answer.fault);
    } finally {
      this.#fail = undefined;
      this.#child.removeAllListeners('message');
      clearTimeout(timer);
      clearInterval(watch);
    }
  }

  async #watchMemory(): Promise<void> {
    const bytes = await memoryOf(this.#child.pid);
    if (bytes > this.#limits.bytes) this.#end(`took more than ${sizeText(this.#limits.bytes)} of memory`);
  }

  #end(reason: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = refusal(this.#who, `the network ${reason}`);
    this.#child.kill('SIGKILL');
    this.#fail?.(this.#ended);
  }

  /** Ends the process; a request in progress fails. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end('was closed');
    if (this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null)
      return;
    await once(this.#child, 'exit');
  }
}

function refusal(who: string, message: string, details?: string): AppError {
  return new AppError('MODEL_INVALID', `${who}: ${message}`, {
    cure: cureOf(message),
    ...(details === undefined ? {} : { details: { fault: details } }),
  });
}

function cureOf(message: string): string {
  if (/external|\.data\b/i.test(message))
    return 'its weights are in a second file: save the network as one ONNX file (onnx.save without external data)';
  if (/took more than|SIGKILL/.test(message))
    return 'use an export with a smaller picture, or a machine with more memory and faster cores';
  return 'export the network again, for onnxruntime on a CPU, and check it with the onnx package (onnx.checker)';
}

/** The memory that a process uses, bytes; 0 where the system does not say. */
async function memoryOf(pid: number | undefined): Promise<number> {
  if (pid === undefined || process.platform !== 'linux') return 0;
  const pages = await readFile(`/proc/${pid}/statm`, 'utf8').then(
    (text) => Number(text.split(' ')[1]),
    () => 0, // it has ended
  );
  return pages * 4096;
}

/** onnxruntime's messages start with a source position and may have many lines. */
function firstLine(fault: string): string {
  const line = fault.split('\n').find((text) => text.trim() !== '') ?? 'unknown reason';
  return `onnxruntime says: ${line
    .replace(/^\/onnxruntime_src\/\S+ /, '')
    .trim()
    .slice(0, 400)}`;
}
