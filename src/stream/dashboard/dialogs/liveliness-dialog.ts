import { element } from '../elements.ts';
import { createDialog } from './dialog.ts';

export interface LivelinessActions {
  /** Reads how colourful a camera is, 0..2; undefined if that fails. */
  read(id: string): Promise<number | undefined>;
  /** Sets it. Returns what is wrong if it was refused. */
  save(id: string, liveliness: number): Promise<string | undefined>;
}

/** A slider that makes the colour of a camera paler or livelier; for administrators. */
export class LivelinessDialog {
  readonly #actions: LivelinessActions;
  readonly #title = element('p', { class: 'quiet' });
  readonly #slider = element('input', { type: 'range', min: '0', max: '2', step: '0.1', disabled: '' });
  readonly #fault = element('p', { role: 'alert', class: 'fault' });
  readonly #root: HTMLDialogElement;
  #camera = '';

  constructor(actions: LivelinessActions) {
    this.#actions = actions;
    this.#slider.addEventListener('change', () => void this.#save());
    const label = element('label', {}, 'Paler', this.#slider, 'Livelier');
    this.#slider.setAttribute('aria-label', 'Liveliness');
    const help =
      "Everybody sees the change within seconds. Livelier colour is wrong more often. The middle is the model's own level.";
    this.#root = createDialog(
      'Colour',
      'liveliness',
      this.#title,
      label,
      element('p', { class: 'quiet' }, help),
      this.#fault,
    );
  }

  /** Shows the setting of a camera. */
  async open({ id, name }: { readonly id: string; readonly name: string }): Promise<void> {
    this.#camera = id;
    this.#title.textContent = name;
    this.#fault.textContent = '';
    this.#slider.disabled = true;
    this.#root.showModal();
    const liveliness = await this.#actions.read(id);
    if (this.#camera !== id) return;
    if (liveliness === undefined) this.#fault.textContent = "This camera's setting could not be read.";
    else {
      this.#slider.valueAsNumber = liveliness;
      this.#slider.disabled = false;
    }
  }

  async #save(): Promise<void> {
    this.#fault.textContent = (await this.#actions.save(this.#camera, this.#slider.valueAsNumber)) ?? '';
  }
}
