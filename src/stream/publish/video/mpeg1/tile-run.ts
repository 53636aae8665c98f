import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { ffmpegPath } from '../../../../ingest/ffmpeg/binaries.ts';
import type { LogListener } from '../../../../ingest/ffmpeg/log-lines.ts';
import { writeBridgeCommand } from './bridge-command.ts';
import type { CameraFeed } from '../../../live/camera-feed.ts';
import { feedGray, type FeedingEnd } from './gray-feeding.ts';
import { Mpeg1Bridge } from './mpeg1-bridge.ts';
import { openPrivateSocket, type PrivateSocket } from './private-socket.ts';
import { wholePackets } from './ts-packets.ts';

export interface TileRunOptions {
  readonly feed: Pick<CameraFeed, 'id' | 'originals$'>;
  readonly heightPx: number;
  /** Whole packets of MPEG-TS. */
  readonly onChunk: (chunk: Uint8Array) => void;
  readonly onLog: LogListener;
  readonly onDrop: () => void;
  readonly signal: AbortSignal;
}

/** Why a run has ended. */
export interface TileEnd {
  readonly kind: FeedingEnd | 'aborted' | 'forbidden';
  /** For the log. */
  readonly reason: string;
}

/**
 * Runs one ffmpeg on a camera's original pictures. When it resolves, ffmpeg and its socket are gone.
 * @throws {Error} if the system refuses a folder, a socket or a process
 */
export async function runTile(options: TileRunOptions): Promise<TileEnd> {
  await using socket = await openPrivateSocket();
  const end = await runCommand(await writeBridgeCommand(socket.folder), socket, options);
  if (end.kind !== 'forbidden') return end;
  // The temporary folder is mounted with `noexec`. Plain ffmpeg starts more slowly, and notices our end by its input.
  options.onLog('debug', `original of ${options.feed.id}: no program may be run from ${socket.folder}`);
  return await runCommand(ffmpegPath(), socket, options);
}

async function runCommand(command: string, socket: PrivateSocket, options: TileRunOptions): Promise<TileEnd> {
  const { feed, heightPx, onLog, signal } = options;
  const cut = wholePackets();
  const onData = (data: Uint8Array): void => {
    const chunk = cut(data);
    if (chunk) options.onChunk(chunk);
  };
  requireDescriptors();
  await using bridge = new Mpeg1Bridge({ name: feed.id, url: socket.url, command, onData, onLog });
  using feeding = feedGray(feed.originals$({ heightPx }), socket.connected, options.onDrop);
  const stop = (): unknown => bridge.stop();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([
      feeding.ended.then((kind) => ({ kind, reason: `pictures ${kind}` })),
      bridge.ended.then(({ reason, isForbidden }): TileEnd => {
        const kind = signal.aborted ? 'aborted' : isForbidden ? 'forbidden' : 'failed';
        return { kind, reason: `ffmpeg ${reason}` };
      }),
    ]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Three pipes and one for the system's answer need eight. */
const neededDescriptors = 10;

/**
 * Checks that enough file descriptors are free. Without them Node returns a child without pipes, on which
 * `node-rtsp-stream` crashes, and emits an error event before anybody can listen: the program would end.
 * @throws {Error} EMFILE if there are too few
 */
function requireDescriptors(): void {
  const open: number[] = [];
  try {
    while (open.length < neededDescriptors) open.push(openSync(devNull, 'r'));
  } finally {
    for (const descriptor of open) closeSync(descriptor);
  }
}
