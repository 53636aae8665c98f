import type { CameraStatus } from '../../../ingest/live/camera-status.ts';
import { AddCameraForm } from './add-camera-form.ts';
import { createDialog } from './dialog.ts';
import { element, iconButton } from '../elements.ts';
import type { ModeSetting, DashboardSettings, ThemeSetting } from '../logic/settings-format.ts';

export interface SettingsActions {
  change(part: Partial<DashboardSettings>): void;
  /** Pauses or resumes a camera; for administrators. */
  setPaused(id: string, isPaused: boolean): void;
  /** Adds a camera; for administrators. Returns what is wrong if it was refused. */
  addCamera(camera: { id: string; name: string; source: string }): Promise<string | undefined>;
  /** Opens the editor of a camera's privacy masks; for administrators. */
  editMasks(camera: { readonly id: string; readonly name: string }): void;
  /** Opens the slider of a camera's colour; for administrators. */
  editLiveliness(camera: { readonly id: string; readonly name: string }): void;
  /** Moves a camera by one position: -1 up, 1 down. */
  move(id: string, by: -1 | 1): void;
}

type ListedCamera = Pick<CameraStatus, 'id' | 'name' | 'state'>;

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
  readonly #addCamera: AddCameraForm;
  #isAdmin = false;
  readonly #signOut = element(
    'form',
    { method: 'post', action: 'logout', hidden: '' },
    element('button', { class: 'text-button' }, 'Sign out'),
  );

  constructor(actions: SettingsActions) {
    this.#actions = actions;
    this.#addCamera = new AddCameraForm((camera) => actions.addCamera(camera));
    this.#mode = choice<ModeSetting>({
      legend: 'Format of pictures',
      name: 'mode',
      values: [
        ['auto', 'Auto'],
        ['jpeg', 'JPEG'],
        ['video', 'Video'],
      ],
      onChoose: (mode) => actions.change({ mode }),
    });
    this.#theme = choice<ThemeSetting>({
      legend: 'Theme',
      name: 'theme',
      values: [
        ['auto', 'Auto'],
        ['light', 'Light'],
        ['dark', 'Dark'],
      ],
      onChoose: (theme) => actions.change({ theme }),
    });
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
      this.#addCamera.root,
      reset,
      this.#user,
      this.#signOut,
    );
  }

  showUser(user: string | undefined, isAdmin: boolean): void {
    this.#isAdmin = isAdmin;
    this.#addCamera.root.hidden = !isAdmin;
    this.#signOut.hidden = user === undefined;
    this.#user.textContent = user === undefined ? '' : `Signed in as ${user}.`;
  }

  /** @param cameras - all cameras, in the order of the grid */
  show(settings: DashboardSettings, cameras: readonly ListedCamera[]): void {
    check(this.#mode, settings.mode);
    check(this.#theme, settings.theme);
    for (const [name, input] of this.#flags) input.checked = settings[name];
    const focusedName = document.activeElement?.getAttribute('aria-label');
    this.#cameras.replaceChildren(
      ...cameras.map((camera, index) =>
        this.#cameraRow(camera, { index, count: cameras.length, hidden: settings.hidden }),
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
    camera: ListedCamera,
    list: { readonly index: number; readonly count: number; readonly hidden: readonly string[] },
  ): HTMLElement {
    const input = element('input', { type: 'checkbox', 'aria-label': `Show ${camera.name}` });
    input.checked = !list.hidden.includes(camera.id);
    input.addEventListener('change', () => {
      const others = list.hidden.filter((id) => id !== camera.id);
      this.#actions.change({ hidden: input.checked ? others : [...others, camera.id] });
    });
    const up = this.#moveButton(camera, -1, list.index === 0);
    const down = this.#moveButton(camera, 1, list.index === list.count - 1);
    return element(
      'li',
      {},
      element('label', { class: 'flag' }, input, camera.name),
      ...this.#adminButtons(camera),
      up,
      down,
    );
  }

  #adminButtons({ id, name, state }: ListedCamera): HTMLElement[] {
    if (!this.#isAdmin) return [];
    const isPaused = state.kind === 'disabled';
    const label = `${isPaused ? 'Resume' : 'Pause'} ${name}`;
    const onPress = (): void => this.#actions.setPaused(id, !isPaused);
    return [
      iconButton(`Colour of ${name}`, {
        icon: 'colour',
        onPress: () => this.#actions.editLiveliness({ id, name }),
      }),
      iconButton(`Masks of ${name}`, { icon: 'mask', onPress: () => this.#actions.editMasks({ id, name }) }),
      iconButton(label, { icon: isPaused ? 'play' : 'pause', onPress }),
    ];
  }

  #moveButton(
    camera: { readonly id: string; readonly name: string },
    by: -1 | 1,
    isEnd: boolean,
  ): HTMLElement {
    const button = iconButton(`Move ${by < 0 ? 'up' : 'down'} ${camera.name}`, {
      icon: by < 0 ? 'up' : 'down',
      onPress: () => this.#actions.move(camera.id, by),
    });
    if (isEnd) button.setAttribute('aria-disabled', 'true'); // not `disabled`: the button must keep the focus
    return button;
  }
}

function choice<T extends string>(options: {
  readonly legend: string;
  readonly name: string;
  /** Each value with its label. */
  readonly values: readonly (readonly [T, string])[];
  readonly onChoose: (value: T) => void;
}): HTMLFieldSetElement {
  const made = element('fieldset', { class: 'choice' }, element('legend', {}, options.legend));
  for (const [value, label] of options.values) {
    const input = element('input', { type: 'radio', name: options.name, value });
    input.addEventListener('change', () => options.onChoose(value));
    made.append(element('label', {}, input, element('span', {}, label)));
  }
  return made;
}

function check(fieldset: HTMLFieldSetElement, value: string): void {
  for (const input of fieldset.querySelectorAll('input')) input.checked = input.value === value;
}
