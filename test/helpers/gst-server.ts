import type { ExecutionContext } from 'ava';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const needs =
  "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer";
const python = ['python3', '/usr/bin/python3'].find((path) => spawnSync(path, ['-c', needs]).status === 0);
const encoderStatus = python && spawnSync('gst-inspect-1.0', ['x264enc']).status;

/** Says what is missing on this machine for {@link startGstServer}; undefined: nothing. */
export const gstServerLack = encoderStatus === 0 ? undefined : 'GstRtspServer for Python, or x264enc';

/**
 * Starts GStreamer's RTSP server, a camera that is not our code. It speaks RTP over UDP and over TCP, and ends with
 * the test.
 */
export async function startGstServer(t: ExecutionContext): Promise<{ url: string; server: ChildProcess }> {
  const script = fileURLToPath(new URL('../../../test/helpers/gst-rtsp-server.py', import.meta.url));
  const server = spawn(python ?? '', [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = once(server, 'close');
  t.teardown(async () => {
    server.kill('SIGCONT');
    server.stdin.end();
    await gone;
  });
  const [port] = (await once(createInterface(server.stdout), 'line')) as [string];
  return { url: `rtsp://127.0.0.1:${port}/cam`, server };
}
