/** What administrators do through the HTTP API. Each call gives what is wrong, or undefined if it worked. */

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

async function post(path: string, body?: object): Promise<string | undefined> {
  try {
    const response = await fetch(new URL(path, document.baseURI), {
      method: 'POST',
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
