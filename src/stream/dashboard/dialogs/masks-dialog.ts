import type { Mask } from '../../pixels/mask.ts';
import { element, iconButton } from '../elements.ts';
import { describeMask, polygonPoints, rectangleBetween } from '../logic/mask-shape.ts';
import { createDialog } from './dialog.ts';

export interface MasksActions {
  /** Reads the masks of a camera; undefined if that fails. */
  read(id: string): Promise<readonly Mask[] | undefined>;
  /** Sets the masks of a camera. Returns what is wrong if they were refused. */
  save(id: string, masks: readonly Mask[]): Promise<string | undefined>;
}

const svgNamespace = 'http://www.w3.org/2000/svg';
/** What the button adds: a quarter of the picture, in its middle. */
const middle: Mask = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };

/** The editor of a camera's privacy masks: an administrator draws rectangles over a picture of the camera. */
export class MasksDialog {
  readonly #actions: MasksActions;
  readonly #title = element('p', { class: 'quiet' });
  readonly #picture = element('img', { alt: '', draggable: 'false' });
  readonly #shapes = document.createElementNS(svgNamespace, 'svg');
  readonly #list = element('ul', { class: 'camera-list' });
  readonly #saveButton = element('button', { type: 'button', class: 'text-button' }, 'Save');
  readonly #fault = element('p', { role: 'alert', class: 'fault' });
  readonly #root: HTMLDialogElement;
  #camera = '';
  #masks: readonly Mask[] = [];

  constructor(actions: MasksActions) {
    this.#actions = actions;
    this.#shapes.setAttribute('viewBox', '0 0 1 1');
    this.#shapes.setAttribute('preserveAspectRatio', 'none');
    const stage = element('div', { class: 'mask-stage' }, this.#picture, this.#shapes);
    this.#drawRectangles(stage);
    const add = element('button', { type: 'button', class: 'text-button' }, 'Add a mask in the middle');
    add.addEventListener('click', () => this.#change([...this.#masks, middle]));
    this.#saveButton.addEventListener('click', () => void this.#save());
    const help =
      'Drag over the picture to draw a mask. What a mask covers is painted black before the picture leaves the server.';
    const buttons = element('p', {}, add, this.#saveButton);
    this.#root = createDialog(
      'Privacy masks',
      'masks',
      this.#title,
      stage,
      element('p', { class: 'quiet' }, help),
      this.#list,
      buttons,
      this.#fault,
    );
  }

  /** Shows a camera's masks over its present picture. */
  async open({ id, name }: { readonly id: string; readonly name: string }): Promise<void> {
    this.#camera = id;
    this.#title.textContent = name;
    this.#fault.textContent = '';
    this.#change([]);
    this.#saveButton.disabled = true; // masks that were not read would be lost
    const snapshot = new URL(`api/cameras/${encodeURIComponent(id)}/snapshot.jpg`, document.baseURI);
    snapshot.search = `height=540&at=${Date.now()}`;
    this.#picture.src = snapshot.href;
    this.#root.showModal();
    const masks = await this.#actions.read(id);
    if (this.#camera !== id) return;
    if (masks === undefined) this.#fault.textContent = "This camera's masks could not be read.";
    else {
      this.#change(masks);
      this.#saveButton.disabled = false;
    }
  }

  async #save(): Promise<void> {
    const fault = await this.#actions.save(this.#camera, this.#masks);
    this.#fault.textContent = fault ?? '';
    if (fault === undefined) this.#root.close();
  }

  #change(masks: readonly Mask[]): void {
    this.#masks = masks;
    this.#showShapes();
    this.#list.replaceChildren(...masks.map((mask, index) => this.#row(mask, index)));
  }

  #row(mask: Mask, index: number): HTMLElement {
    const remove = iconButton(`Remove mask ${index + 1}`, {
      icon: 'close',
      onPress: () => this.#change(this.#masks.filter((other) => other !== mask)),
    });
    return element('li', {}, element('span', { class: 'flag' }, describeMask(mask)), remove);
  }

  #showShapes(drawn?: Mask): void {
    const shapes = drawn === undefined ? this.#masks : [...this.#masks, drawn];
    this.#shapes.replaceChildren(
      ...shapes.map((mask) => {
        const polygon = document.createElementNS(svgNamespace, 'polygon');
        polygon.setAttribute('points', polygonPoints(mask));
        return polygon;
      }),
    );
  }

  #drawRectangles(stage: HTMLElement): void {
    const pointOf = ({ clientX, clientY }: PointerEvent): { x: number; y: number } => {
      const box = stage.getBoundingClientRect();
      return { x: (clientX - box.left) / box.width, y: (clientY - box.top) / box.height };
    };
    let from: { x: number; y: number } | undefined;
    stage.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      stage.setPointerCapture(event.pointerId);
      from = pointOf(event);
    });
    stage.addEventListener('pointermove', (event) => {
      if (from !== undefined) this.#showShapes(rectangleBetween(from, pointOf(event)));
    });
    stage.addEventListener('pointerup', (event) => {
      const drawn = from === undefined ? undefined : rectangleBetween(from, pointOf(event));
      from = undefined;
      this.#change(drawn === undefined ? this.#masks : [...this.#masks, drawn]);
    });
    stage.addEventListener('pointercancel', () => {
      from = undefined;
      this.#showShapes();
    });
  }
}
