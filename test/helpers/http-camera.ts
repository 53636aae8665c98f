import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ffmpegPath } from './run-ffmpeg.ts';

/** A camera that sends MPEG-TS over HTTP. It can be unplugged and plugged in again at the same address. */
export interface HttpCamera extends AsyncDisposable {
  readonly url: string;
  pullOut(): Promise<void>;
  putBack(): Promise<void>;
}

/** Starts a camera with moving pictures of 320 x 180, 10 per second, and one ffmpeg per viewer. */
export async function startHttpCamera(): Promise<HttpCamera> {
  let server = await listen(0);
  const { port } = server.address() as AddressInfo;
  const pullOut = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return {
    url: `http://127.0.0.1:${port}/live.ts`,
    pullOut,
    putBack: async () => {
      server = await listen(port);
    },
    [Symbol.asyncDispose]: pullOut,
  };
}

async function listen(port: number): Promise<Server> {
  const server = createServer((_request, response) => {
    const input = ['-re', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=10'];
    const coding = [
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-tune',
      'zerolatency',
      '-g',
      '10',
      '-pix_fmt',
      'yuv420p',
    ];
    const child = spawn(ffmpegPath, ['-v', 'error', ...input, ...coding, '-f', 'mpegts', '-'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    response.writeHead(200, { 'content-type': 'video/mp2t' });
    child.stdout.pipe(response);
    response.once('close', () => child.kill('SIGKILL'));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
