import { element } from '../elements.ts';

/** The form by which administrators add a camera. */
export class AddCameraForm {
  readonly root: HTMLFormElement;
  readonly #message = element('p', { role: 'alert', class: 'fault' });

  /** @param add - adds the camera; returns what is wrong if it was refused */
  constructor(add: (camera: { id: string; name: string; source: string }) => Promise<string | undefined>) {
    const id = field('Id', { name: 'id', pattern: '[a-z0-9][a-z0-9_\\-]{0,63}', placeholder: 'front-gate' });
    const name = field('Name', { name: 'name', maxlength: '80', placeholder: 'Front gate' });
    name.input.required = false;
    const source = field('Source', {
      name: 'source',
      placeholder: 'rtsp://user:password@192.168.0.20/stream',
    });
    const button = element('button', { class: 'text-button' }, 'Add camera');
    this.root = element(
      'form',
      { class: 'add-camera', hidden: '' },
      element('h3', {}, 'Add a camera'),
      id.label,
      name.label,
      source.label,
      button,
      this.#message,
    );
    this.root.addEventListener('submit', (event) => {
      event.preventDefault();
      button.disabled = true;
      void add({ id: id.input.value, name: name.input.value, source: source.input.value }).then((fault) => {
        button.disabled = false;
        this.#message.textContent = fault ?? '';
        if (fault === undefined) this.root.reset();
      });
    });
  }
}

function field(
  text: string,
  attributes: Readonly<Record<string, string>>,
): { readonly label: HTMLLabelElement; readonly input: HTMLInputElement } {
  const input = element('input', { ...attributes, required: '', autocomplete: 'off', spellcheck: 'false' });
  return { label: element('label', { class: 'field' }, text, input), input };
}
