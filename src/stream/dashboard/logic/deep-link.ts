/** The camera that an address asks for: `#camera=gate` gives `gate`; undefined: all. */
export function readCameraLink(hash: string): string | undefined {
  const id = new URLSearchParams(hash.replace(/^#/, '')).get('camera');
  return id === null || id === '' ? undefined : id;
}

/** The fragment of an address that shows one camera alone. */
export function cameraLink(id: string): string {
  return `#camera=${encodeURIComponent(id)}`;
}
