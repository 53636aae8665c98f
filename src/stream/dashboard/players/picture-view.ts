import { element } from '../elements.ts';
import { unzoomed, type ZoomView } from '../logic/zoom-view.ts';
import { fitCanvas, paintLuma } from './painter.ts';
import { SplitSlider } from '../tiles/split-slider.ts';

/** A camera's picture: the coloured canvas, the original over it up to the line, and the zoom of both. */
export class PictureView {
  readonly root: HTMLElement;
  readonly slider: SplitSlider;
  readonly colour: HTMLCanvasElement;
  readonly #before: HTMLCanvasElement;
  readonly #beforeFrame: HTMLElement;
  readonly #labels = element(
    'div',
    { class: 'half-labels', hidden: '', 'aria-hidden': 'true' },
    element('span', {}, 'original'),
    element('span', {}, 'colour'),
  );
  #zoom: ZoomView = unzoomed;
  #isComparing = false;
  #isHeld = false;

  constructor(cameraName: string) {
    this.colour = element('canvas', {
      class: 'colour',
      role: 'img',
      'aria-label': `${cameraName}, in synthetic colour`,
    });
    this.#before = element('canvas', { class: 'before' });
    this.#beforeFrame = element(
      'div',
      { class: 'before-frame', hidden: '', 'aria-hidden': 'true' },
      this.#before,
    );
    this.slider = new SplitSlider(cameraName, () => this.#place());
    this.root = element(
      'div',
      { class: 'picture' },
      this.colour,
      this.#beforeFrame,
      this.#labels,
      this.slider.root,
    );
    for (const canvas of [this.colour, this.#before]) {
      canvas.width = 0;
      canvas.height = 0;
    }
  }

  get hasPicture(): boolean {
    return this.colour.width > 0;
  }

  get zoom(): ZoomView {
    return this.#zoom;
  }

  get isComparing(): boolean {
    return this.#isComparing;
  }

  set isComparing(isComparing: boolean) {
    this.#isComparing = isComparing;
    this.slider.root.hidden = !isComparing;
    this.#labels.hidden = !isComparing;
    this.#showBefore();
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** While held, the whole picture is the original. */
  set isHeld(isHeld: boolean) {
    if (this.#isHeld === isHeld) return;
    this.#isHeld = isHeld;
    this.#showBefore();
  }

  /** Shows a picture; the source may be freed afterwards. */
  draw(source: CanvasImageSource, size: { readonly widthPx: number; readonly heightPx: number }): void {
    fitCanvas(this.colour, size.widthPx, size.heightPx);
    this.colour.getContext('2d')?.drawImage(source, 0, 0, size.widthPx, size.heightPx);
    this.root.style.setProperty('--aspect', `${size.widthPx / size.heightPx}`);
    if (this.#hasBefore) paintLuma(this.colour, this.#before);
  }

  setZoom(zoom: ZoomView): void {
    this.#zoom = zoom;
    const transform = `translate(${zoom.x * 100}%, ${zoom.y * 100}%) scale(${zoom.scale})`;
    for (const canvas of [this.colour, this.#before]) canvas.style.transform = transform;
    this.root.classList.toggle('is-zoomed', zoom.scale > 1);
  }

  get #hasBefore(): boolean {
    return this.#isComparing || this.#isHeld;
  }

  #showBefore(): void {
    this.#beforeFrame.hidden = !this.#hasBefore;
    if (this.#hasBefore) paintLuma(this.colour, this.#before);
    this.#place();
  }

  // The line belongs to the frame, not to the zoomed picture: it stays where it is while the user zooms and pans.
  #place(): void {
    const share = this.#isHeld ? 1 : this.slider.share;
    this.#beforeFrame.style.clipPath = `inset(0 ${(1 - share) * 100}% 0 0)`;
    this.root.style.setProperty('--split', `${share * 100}%`);
  }
}
