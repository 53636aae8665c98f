import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { sizeText } from '../../log/amount-text.ts';
import { failed, passed, warned, type Check } from './check.ts';

/** A half-hour film at a high bitrate needs about this much, including its segments. */
const wantedDiskBytes = 2e9;

/** The program itself needs less than 600 MB at 1080p, and ffmpeg needs the rest. */
const wantedMemoryBytes = 1e9;

/** Checks the free space for outputs and temporary files. */
export async function checkDisks(): Promise<Check[]> {
  const folders = [...new Set([process.cwd(), tmpdir()])];
  return Promise.all(folders.map(checkDisk));
}

export async function checkDisk(folder: string): Promise<Check> {
  try {
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const detail = `${sizeText(free)} free in ${folder}`;
    if (free >= wantedDiskBytes) return passed('disk', detail);
    return warned(
      'disk',
      detail,
      `free at least ${sizeText(wantedDiskBytes)} there, or work in another folder`,
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return failed('disk', `${folder}: ${reason}`, 'work in a folder that exists and can be read');
  }
}

/** Checks the available memory, within the limit of a container. */
export function checkMemory(availableBytes: number = process.availableMemory()): Check {
  const detail = `${sizeText(availableBytes)} available`;
  if (availableBytes >= wantedMemoryBytes) return passed('memory', detail);
  return warned('memory', detail, `end other programs: 1080p needs ${sizeText(wantedMemoryBytes)}`);
}
