import { panBy, unzoomed, zoomAt } from '../logic/zoom-view.ts';
import type { PictureView } from '../players/picture-view.ts';

interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Zooms and pans a picture by wheel, pinch, drag and double click.
 * @param isActive - called at each gesture, because only the single view zooms
 * @param onZoom - called after each change
 */
export function addZoomGestures(view: PictureView, isActive: () => boolean, onZoom: () => void): void {
  const target = view.root;
  const pointers = new Map<number, Point>();
  const change = (next: PictureView['zoom']): void => {
    view.setZoom(next);
    onZoom();
  };

  target.addEventListener(
    'wheel',
    (event) => {
      if (!isActive()) return;
      event.preventDefault();
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY;
      change(zoomAt(view.zoom, Math.exp(-pixels / 400), shareOf(target, event)));
    },
    { passive: false },
  );
  target.addEventListener('dblclick', () => {
    if (isActive()) change(unzoomed);
  });
  target.addEventListener('pointerdown', (event) => {
    if (!isActive() || event.button !== 0 || event.target === view.slider.root) return;
    target.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, shareOf(target, event));
  });
  target.addEventListener('pointermove', (event) => {
    const from = pointers.get(event.pointerId);
    if (from === undefined) return;
    const to = shareOf(target, event);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    pointers.set(event.pointerId, to);
    if (other === undefined) change(panBy(view.zoom, to.x - from.x, to.y - from.y));
    else
      change(
        zoomAt(view.zoom, distance(to, other) / Math.max(0.01, distance(from, other)), middle(to, other)),
      );
  });
  for (const type of ['pointerup', 'pointercancel'] as const) {
    target.addEventListener(type, (event) => pointers.delete(event.pointerId));
  }
}

function shareOf(target: HTMLElement, event: { readonly clientX: number; readonly clientY: number }): Point {
  const box = target.getBoundingClientRect();
  return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function middle(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}
