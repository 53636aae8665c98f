/**
 * Sorts cameras in the user's order. Cameras that the order does not name follow in the server's order.
 * @param order - ids; unknown ones are ignored
 */
export function sortCameras<T extends { readonly id: string }>(
  cameras: readonly T[],
  order: readonly string[],
): T[] {
  const places = new Map(order.map((id, index) => [id, index]));
  const place = (camera: T): number => places.get(camera.id) ?? order.length;
  return [...cameras].sort((a, b) => place(a) - place(b));
}

/**
 * Moves an id within a list.
 * @param to - its new index, clamped to the list
 * @returns a new list; unchanged if the id is unknown
 */
export function moveId(ids: readonly string[], id: string, to: number): string[] {
  const rest = ids.filter((other) => other !== id);
  if (rest.length === ids.length) return [...ids];
  const place = Math.max(0, Math.min(rest.length, to));
  return [...rest.slice(0, place), id, ...rest.slice(place)];
}
