import { createDialog } from './dialog.ts';
import { element, iconButton } from '../elements.ts';
import type { ModeSetting, DashboardSettings, ThemeSetting } from '../logic/settings-format.ts';

export interface SettingsActions {
  change(part: Partial<DashboardSettings>): void;
  /** Moves a camera by one position: -1 up, 1 down. */
  move(id: string, by: -1 | 1): void;
}

type FlagName = 'isLowBandwidth' | 'hasStats' | 'hasKeys';

/** The settings dialog: cameras, format of pictures, theme. */
export class SettingsDialog {
  readonly root: HTMLDialogElement;
  readonly #actions: SettingsActions;
  readonly #cameras = element('ul', { class: 'camera-list' });
  readonly #mode: HTMLFieldSetElement;
  readonly #theme: HTMLFieldSetElement;
  readonly #flags = new Map<FlagName, HTMLInputElement>();
  readonly #user = element('p', { class: 'quiet' });

  constructor(actions: SettingsActions) {
    this.#actions = actions;
    this.#mode = choice<ModeSetting>(
      'Pictures come as',
      'mode',
      [
        ['auto', 'Auto'],
        ['jpeg', 'JPEG'],
        ['video', 'Video'],
      ],
      (mode) => actions.change({ mode }),
    );
    this.#theme = choice<ThemeSetting>(
      'Theme',
      'theme',
      [
        ['auto', 'Auto'],
        ['light', 'Light'],
        ['dark', 'Dark'],
      ],
      (theme) => actions.change({ theme }),
    );
    const reset = element(
      'button',
      { type: 'button', class: 'text-button' },
      'Show all cameras in the server’s order',
    );
    reset.addEventListener('click', () => actions.change({ order: [], hidden: [] }));
    const note =
      'JPEG has the least delay; video needs a third of the data. Auto uses JPEG for up to four cameras and video for more.';
    this.root = createDialog(
      'Settings',
      'settings',
      this.#mode,
      element('p', { class: 'quiet' }, note),
      this.#flag('isLowBandwidth', 'Low bandwidth: small pictures, as video or two per second'),
      this.#flag('hasStats', 'Statistics on each picture'),
      this.#flag('hasKeys', 'Single letters are shortcuts'),
      this.#theme,
      element('h3', {}, 'Cameras'),
      this.#cameras,
      reset,
      this.#user,
    );
  }

  showUser(user: string | undefined): void {
    this.#user.textContent = user === undefined ? '' : `Signed in as ${user}.`;
  }

  /** @param cameras - all cameras, in the order of the grid */
  show(
    settings: DashboardSettings,
    cameras: readonly { readonly id: string; readonly name: string }[],
  ): void {
    check(this.#mode, settings.mode);
    check(this.#theme, settings.theme);
    for (const [name, input] of this.#flags) input.checked = settings[name];
    const focusedName = document.activeElement?.getAttribute('aria-label');
    this.#cameras.replaceChildren(
      ...cameras.map(({ id, name }, index) =>
        this.#cameraRow(
          { id, name, isHidden: settings.hidden.includes(id) },
          index,
          cameras.length,
          settings,
        ),
      ),
    );
    const buttons = [...this.#cameras.querySelectorAll<HTMLElement>('[aria-label]')];
    buttons.find((button) => button.getAttribute('aria-label') === focusedName)?.focus();
  }

  #flag(name: FlagName, label: string): HTMLElement {
    const input = element('input', { type: 'checkbox' });
    input.addEventListener('change', () => this.#actions.change({ [name]: input.checked }));
    this.#flags.set(name, input);
    return element('label', { class: 'flag' }, input, label);
  }

  #cameraRow(
    camera: { readonly id: string; readonly name: string; readonly isHidden: boolean },
    index: number,
    count: number,
    settings: DashboardSettings,
  ): HTMLElement {
    const input = element('input', { type: 'checkbox', 'aria-label': `Show ${camera.name}` });
    input.checked = !camera.isHidden;
    input.addEventListener('change', () => {
      const others = settings.hidden.filter((id) => id !== camera.id);
      this.#actions.change({ hidden: input.checked ? others : [...others, camera.id] });
    });
    const move = (label: string, name: 'up' | 'down', by: -1 | 1, isEnd: boolean): HTMLElement => {
      const button = iconButton(`${label} ${camera.name}`, {
        icon: name,
        onPress: () => this.#actions.move(camera.id, by),
      });
      if (isEnd) button.setAttribute('aria-disabled', 'true'); // not `disabled`: the button must keep the focus
      return button;
    };
    const up = move('Move up', 'up', -1, index === 0);
    const down = move('Move down', 'down', 1, index === count - 1);
    return element('li', {}, element('label', { class: 'flag' }, input, camera.name), up, down);
  }
}

function choice<T extends string>(
  legend: string,
  name: string,
  options: readonly (readonly [T, string])[],
  onChoose: (value: T) => void,
): HTMLFieldSetElement {
  const made = element('fieldset', { class: 'choice' }, element('legend', {}, legend));
  for (const [value, label] of options) {
    const input = element('input', { type: 'radio', name, value });
    input.addEventListener('change', () => onChoose(value));
    made.append(element('label', {}, input, element('span', {}, label)));
  }
  return made;
}

function check(fieldset: HTMLFieldSetElement, value: string): void {
  for (const input of fieldset.querySelectorAll('input')) input.checked = input.value === value;
}
