/**
 * The visible part of a picture: enlarged by `scale` (1..8) and moved by `x` and `y` from the top left corner, as shares
 * of its unscaled width and height. The picture always covers its frame.
 */
export interface ZoomView {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export const unzoomed: ZoomView = { scale: 1, x: 0, y: 0 };

const mostScale = 8;

/**
 * Zooms around a point, which stays where it is.
 * @param point - shares of the frame, 0..1
 */
export function zoomAt(
  view: ZoomView,
  factor: number,
  point: { readonly x: number; readonly y: number },
): ZoomView {
  const scale = Math.max(1, Math.min(mostScale, view.scale * factor));
  const ratio = scale / view.scale;
  return kept({
    scale,
    x: point.x - (point.x - view.x) * ratio,
    y: point.y - (point.y - view.y) * ratio,
  });
}

/** Moves the picture by shares of the frame. */
export function panBy(view: ZoomView, x: number, y: number): ZoomView {
  return kept({ ...view, x: view.x + x, y: view.y + y });
}

function kept({ scale, x, y }: ZoomView): ZoomView {
  const within = (offset: number): number => Math.max(1 - scale, Math.min(0, offset));
  return { scale, x: within(x), y: within(y) };
}
