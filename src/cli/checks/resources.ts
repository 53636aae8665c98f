import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { sizeText } from '../../log/amount-text.ts';
import { failed, passed, warned, type Check } from './check.ts';

/** A film of half an hour at a high rate, with its segments, needs about this much. */
const wantedDiskBytes = 2e9;

/** The program's own share at 1080p is below 600 MB; ffmpeg's comes on top. */
const wantedMemoryBytes = 1e9;

/** Free space where outputs and temporary files go. */
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

/** Memory that can be had, the limit of a container included. */
export function checkMemory(availableBytes: number = process.availableMemory()): Check {
  const detail = `${sizeText(availableBytes)} available`;
  if (availableBytes >= wantedMemoryBytes) return passed('memory', detail);
  return warned('memory', detail, `end other programs: 1080p wants ${sizeText(wantedMemoryBytes)}`);
}
