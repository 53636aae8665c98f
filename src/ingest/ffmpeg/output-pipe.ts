/**
 * A child's output that is read into one buffer again and again. Node's own pipes make a new buffer for each 64 KiB; for a
 * film in full HD that is 60 MB a second, and the garbage collector takes more time than all other work on the frames.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** As much as a socket of Linux holds. */
const chunkBytes = 256 * 1024;

export interface OutputPipe {
  /** For the child's `stdio`; destroy it when the child has started. */
  readonly childEnd: Socket;
  /** What the child writes. It can be read once; a chunk is valid until the next one is requested. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Ends the reading; what the child still writes is thrown away, so that it is not kept from ending. */
  readonly drain: () => void;
}

/** @returns undefined where such a pipe cannot be made: on Windows, and where the path of the temporary folder is too long */
export async function openOutputPipe(): Promise<OutputPipe | undefined> {
  if (process.platform === 'win32') return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'chromafeed-'));
  try {
    return await connectedPair(join(folder, 'pipe'));
  } catch {
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function connectedPair(path: string): Promise<OutputPipe> {
  const server = createServer({ pauseOnConnect: true });
  try {
    server.listen(path);
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const chunks = new ReusedChunks(path);
    const [childEnd] = await accepted;
    return { childEnd, chunks, drain: () => chunks.drain() };
  } finally {
    server.close();
  }
}

/** Reads the next chunk only when it is requested. */
class ReusedChunks implements AsyncIterableIterator<Uint8Array> {
  readonly #socket: Socket;
  #chunk: Uint8Array | undefined;
  #end: { readonly error?: Error } | undefined;
  #isDrained = false;
  #wake: () => void = () => undefined;

  constructor(path: string) {
    this.#socket = connect({
      path,
      onread: { buffer: new Uint8Array(chunkBytes), callback: (bytes, buffer) => this.#take(bytes, buffer) },
    });
    this.#socket.on('error', (error) => this.#finish({ error }));
    this.#socket.on('end', () => this.#finish({}));
    this.#socket.on('close', () => this.#finish({}));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    while (!this.#chunk && !this.#end) {
      const news = new Promise<void>((resolve) => (this.#wake = resolve));
      this.#socket.resume();
      await news;
    }
    const chunk = this.#chunk;
    this.#chunk = undefined;
    if (chunk) return { done: false, value: chunk };
    if (this.#end?.error) throw this.#end.error;
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#finish({});
    this.#socket.destroy();
    return Promise.resolve({ done: true, value: undefined });
  }

  drain(): void {
    this.#isDrained = true;
    this.#finish({});
    this.#socket.resume();
  }

  /** @returns whether the socket may go on reading */
  #take(bytes: number, buffer: Uint8Array): boolean {
    if (this.#isDrained) return true;
    this.#chunk = buffer.subarray(0, bytes);
    this.#wake();
    return false;
  }

  #finish(end: { readonly error?: Error }): void {
    this.#end ??= end;
    this.#wake();
  }
}
