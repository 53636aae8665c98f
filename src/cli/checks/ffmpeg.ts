import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AppError } from '../../errors.ts';
import { ffmpegPath, ffprobePath } from '../../ingest/ffmpeg/binaries.ts';
import { childEnvironment } from '../../ingest/ffmpeg/child-environment.ts';
import {
  ffmpegCoders,
  ffmpegVersion,
  oldestVersion,
  parseVersion,
} from '../../ingest/ffmpeg/capabilities.ts';
import { failed, passed, warned, type Check } from './check.ts';

const run = promisify(execFile);
const timeoutMs = 20_000;

/** The encoders that defaults and documentation name. */
const wantedEncoders: readonly string[] = ['libx264', 'libx265', 'libvpx-vp9', 'ffv1', 'prores_ks'];

const install = `install ffmpeg ${oldestVersion} or newer (Debian: apt-get install ffmpeg; macOS: brew install ffmpeg), or set FFMPEG_PATH and FFPROBE_PATH to their paths`;

/** Checks ffmpeg, its encoders, ffprobe, and whether they end with this program. */
export async function checkFfmpeg(): Promise<Check[]> {
  return [...(await checkEncoder()), await checkProbe(), ...(await checkGuard())];
}

async function checkEncoder(): Promise<Check[]> {
  try {
    const { text } = await ffmpegVersion();
    return [passed('ffmpeg', `${text} at ${ffmpegPath()}`), describeEncoders(await ffmpegCoders('encoders'))];
  } catch (error) {
    return [failed('ffmpeg', messageOf(error), (error instanceof AppError && error.cure) || install)];
  }
}

function describeEncoders(found: ReadonlySet<string>): Check {
  const missing = wantedEncoders.filter((name) => !found.has(name));
  if (missing.length === 0) return passed('encoders', wantedEncoders.join(', '));
  const cure = `choose another --codec, or an ffmpeg that was built with ${missing.join(', ')}`;
  return warned('encoders', `${missing.join(', ')} missing from this ffmpeg`, cure);
}

async function checkProbe(): Promise<Check> {
  const path = ffprobePath();
  try {
    const { stdout } = await run(path, ['-hide_banner', '-version'], {
      timeout: timeoutMs,
      env: childEnvironment(),
    });
    const { text, major, minor } = parseVersion(stdout);
    const [leastMajor = 0, leastMinor = 0] = oldestVersion.split('.').map(Number);
    const isOld = major < leastMajor || (major === leastMajor && minor < leastMinor);
    if (isOld)
      return failed('ffprobe', `expected ${oldestVersion} or newer but got ${text} at ${path}`, install);
    return passed('ffprobe', `${text} at ${path}`);
  } catch (error) {
    return failed('ffprobe', `could not run "${path} -version": ${messageOf(error)}`, install);
  }
}

/** On Linux, thanks to `setpriv`, the kernel ends ffmpeg if this program is killed. */
async function checkGuard(): Promise<Check[]> {
  if (process.platform !== 'linux') return [];
  try {
    await run('setpriv', ['--pdeathsig', 'KILL', 'true'], { timeout: timeoutMs });
    return [passed('setpriv', 'ffmpeg ends when this program is killed')];
  } catch {
    const cure = 'install util-linux 2.33 or newer (Debian: apt-get install util-linux)';
    return [warned('setpriv', 'missing: ffmpeg may outlive this program if it is killed by SIGKILL', cure)];
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
