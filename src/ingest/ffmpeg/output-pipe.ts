/**
 * A child's output, read into the same buffer each time, and for frames into the memory where they are needed. Node's
 * own pipes make a new buffer for each 64 KiB. For a film in full HD that is 60 MB per second, and the garbage
 * collector takes more time than all other work on the frames.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ByteSource } from '../nut/byte-reader.ts';

/** The size of a socket's buffer on Linux: the most that is read into a frame at once. */
const fillBytes = 256 * 1024;
/** A frame's header comes in a chunk. Whatever of the frame comes with it is copied, so a chunk is short. */
const chunkBytes = 8 * 1024;

export interface OutputPipe {
  /** The end for the child's `stdio`. Destroy it when the child has started. */
  readonly childEnd: Socket;
  /** The child's output. It can be read once; a chunk is valid until the next one is requested. */
  readonly chunks: ByteSource;
  /** Stops reading. Later output is discarded, so the child can end. */
  readonly drain: () => void;
}

/** @returns undefined if such a pipe cannot be made: on Windows, or if the path of the temporary folder is too long */
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

/** Reads only while a chunk or a filled array is requested. */
class ReusedChunks implements AsyncIterableIterator<Uint8Array>, ByteSource {
  readonly #socket: Socket;
  readonly #buffer = new Uint8Array(chunkBytes);
  /** The bytes that were read but not yet requested, a part of `#buffer`. */
  #chunk: Uint8Array | undefined;
  /** The rest of the array that is being filled. */
  #target: Uint8Array | undefined;
  #end: { readonly error?: Error } | undefined;
  #isDrained = false;
  #wake: () => void = () => undefined;

  constructor(path: string) {
    this.#socket = connect({
      path,
      onread: {
        // Node calls this after each read to get the buffer for the next one.
        buffer: () => this.#target?.subarray(0, fillBytes) ?? this.#buffer,
        callback: (bytes, buffer) => this.#take(bytes, buffer),
      },
    });
    this.#socket.on('error', (error) => this.#finish({ error }));
    this.#socket.on('end', () => this.#finish({}));
    this.#socket.on('close', () => this.#finish({}));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    await this.#readUntil(() => this.#chunk !== undefined);
    const chunk = this.#chunk;
    this.#chunk = undefined;
    if (chunk) return { done: false, value: chunk };
    return { done: true, value: undefined };
  }

  async fill(target: Uint8Array): Promise<number> {
    this.#target = target;
    const chunk = this.#chunk;
    this.#chunk = undefined;
    if (chunk) this.#fillFrom(chunk);
    await this.#readUntil(() => this.#target === undefined);
    return target.length - this.#giveUpTarget();
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

  /** @returns the number of bytes that are missing in the target */
  #giveUpTarget(): number {
    const missing = this.#target?.length ?? 0;
    this.#target = undefined;
    return missing;
  }

  /** Returns early at the end of the output. */
  async #readUntil(isThere: () => boolean): Promise<void> {
    while (!isThere()) {
      if (this.#end?.error) throw this.#end.error;
      if (this.#end) return;
      const news = new Promise<void>((resolve) => (this.#wake = resolve));
      this.#socket.resume();
      await news;
    }
  }

  /** @returns whether the socket may continue to read */
  #take(bytes: number, buffer: Uint8Array): boolean {
    if (this.#isDrained) return true;
    if (!this.#target) this.#chunk = buffer.subarray(0, bytes);
    else if (buffer.buffer !== this.#buffer.buffer) this.#advance(this.#target, bytes);
    else this.#fillFrom(buffer.subarray(0, bytes));
    if (this.#target) return true;
    this.#wake();
    return false;
  }

  /** Copies into the target and keeps the rest for the next request. */
  #fillFrom(chunk: Uint8Array): void {
    const target = this.#target;
    const used = Math.min(chunk.length, target?.length ?? 0);
    target?.set(chunk.subarray(0, used));
    if (target) this.#advance(target, used);
    if (used < chunk.length) this.#chunk = chunk.subarray(used);
  }

  #advance(target: Uint8Array, bytes: number): void {
    this.#target = bytes < target.length ? target.subarray(bytes) : undefined;
  }

  #finish(end: { readonly error?: Error }): void {
    this.#end ??= end;
    this.#wake();
  }
}
