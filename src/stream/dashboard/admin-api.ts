import type { Mask } from '../pixels/mask.ts';

/** The actions of administrators through the HTTP API. Each call returns what is wrong, or undefined if it worked. */

/** Pauses or resumes a camera. */
export function setPaused(id: string, isPaused: boolean): Promise<string | undefined> {
  return post(`api/cameras/${encodeURIComponent(id)}/${isPaused ? 'pause' : 'resume'}`);
}

/** Adds a camera. */
export function addCamera(camera: {
  readonly id: string;
  readonly name: string;
  readonly source: string;
}): Promise<string | undefined> {
  const { name, ...rest } = camera;
  return post('api/cameras', name === '' ? rest : camera);
}

/** Reads the privacy masks of a camera; undefined if that fails. */
export async function readMasks(id: string): Promise<readonly Mask[] | undefined> {
  return (await read<{ masks: Mask[] }>(settingPath(id, 'masks')))?.masks;
}

/** Sets the privacy masks of a camera. */
export function setMasks(id: string, masks: readonly Mask[]): Promise<string | undefined> {
  return send('PUT', settingPath(id, 'masks'), { masks });
}

/** Reads how colourful a camera is, 0..2; undefined if that fails. */
export async function readLiveliness(id: string): Promise<number | undefined> {
  return (await read<{ liveliness: number }>(settingPath(id, 'liveliness')))?.liveliness;
}

/** Sets how colourful a camera is. */
export function setLiveliness(id: string, liveliness: number): Promise<string | undefined> {
  return send('PUT', settingPath(id, 'liveliness'), { liveliness });
}

const settingPath = (id: string, setting: string): string =>
  `api/cameras/${encodeURIComponent(id)}/${setting}`;

async function read<T>(path: string): Promise<T | undefined> {
  try {
    const response = await fetch(new URL(path, document.baseURI));
    return response.ok ? ((await response.json()) as T) : undefined;
  } catch {
    return undefined;
  }
}

function post(path: string, body?: object): Promise<string | undefined> {
  return send('POST', path, body);
}

async function send(method: string, path: string, body?: object): Promise<string | undefined> {
  try {
    const response = await fetch(new URL(path, document.baseURI), {
      method,
      ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (response.ok) return undefined;
    const answer: unknown = await response.json().catch(() => undefined);
    const hasMessage = typeof answer === 'object' && answer !== null && 'message' in answer;
    return hasMessage ? String(answer.message) : `The server refused with status ${response.status}.`;
  } catch {
    return 'The server does not answer.';
  }
}
