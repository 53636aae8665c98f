import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A socket for one child process, in a folder that only this user may enter; on Windows a loopback port. */
export interface PrivateSocket extends AsyncDisposable {
  /** For ffmpeg's `-i`. */
  readonly url: string;
  /** Accessible only to this user (0700). Disposal removes it. */
  readonly folder: string;
  /** The first client; no other can connect after it. Never settles if nobody connects. */
  readonly connected: Promise<Socket>;
}

/** @throws {Error} if it cannot make the folder or the socket */
export async function openPrivateSocket(): Promise<PrivateSocket> {
  const folder = await mkdtemp(join(tmpdir(), 'chromafeed-'));
  const server = createServer({ allowHalfOpen: false });
  let peer: Socket | undefined;
  const connected = new Promise<Socket>((resolve) => {
    server.once('connection', (socket) => {
      peer = socket;
      socket.on('error', () => undefined); // the end of ffmpeg reports it
      socket.resume();
      server.close();
      resolve(socket);
    });
  });
  const dispose = async (): Promise<void> => {
    peer?.destroy();
    server.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return { url: await listen(server, folder), folder, connected, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function listen(server: Server, folder: string): Promise<string> {
  if (process.platform !== 'win32') {
    server.listen(join(folder, 'pictures'));
    await once(server, 'listening');
    return `unix:${join(folder, 'pictures')}`;
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
