import { element, iconButton } from '../elements.ts';
import { icon } from '../icons.ts';
import { canPictureInPicture } from '../players/picture-in-picture.ts';

/** What a tile's buttons do. */
export interface TileToolActions {
  compare(): void;
  hold(isHeld: boolean): void;
  zoom(factor: number): void;
  pictureInPicture(): void;
  fullscreen(): void;
}

/** The buttons of a tile. Buttons for what the browser cannot do are left out. */
export class TileTools {
  readonly root: HTMLElement;
  readonly snapshot: HTMLAnchorElement;
  readonly #compare: HTMLButtonElement;

  constructor(camera: { readonly id: string; readonly name: string }, actions: TileToolActions) {
    this.#compare = iconButton('Compare with the original', {
      icon: 'compare',
      key: 'c',
      onPress: () => actions.compare(),
    });
    this.snapshot = snapshotLink(camera.id);
    const zoomOut = zoomButton('Zoom out', {
      icon: 'zoomOut',
      key: '-',
      onPress: () => actions.zoom(1 / 1.5),
    });
    const zoomIn = zoomButton('Zoom in', { icon: 'zoomIn', key: '+', onPress: () => actions.zoom(1.5) });
    const tools = [this.#compare, holdButton(actions), zoomOut, zoomIn, this.snapshot];
    if (canPictureInPicture()) {
      const onPress = () => actions.pictureInPicture();
      tools.push(iconButton('Picture-in-picture', { icon: 'pip', key: 'p', onPress }));
    }
    if (document.fullscreenEnabled) {
      const onPress = () => actions.fullscreen();
      tools.push(iconButton('Full screen', { icon: 'fullscreen', key: 'f', onPress }));
    }
    this.root = element(
      'div',
      { class: 'tools', role: 'group', 'aria-label': `Tools: ${camera.name}` },
      ...tools,
    );
    this.setComparing(false);
  }

  setComparing(isComparing: boolean): void {
    this.#compare.setAttribute('aria-pressed', `${isComparing}`);
  }

  /** Only the tile that the arrow keys have reached has its tools in the tab order. */
  setReachable(isReachable: boolean): void {
    for (const tool of this.root.querySelectorAll<HTMLElement>('button, a'))
      tool.tabIndex = isReachable ? 0 : -1;
  }
}

function zoomButton(name: string, options: Parameters<typeof iconButton>[1]): HTMLElement {
  const made = iconButton(name, options);
  made.classList.add('single-only');
  return made;
}

function snapshotLink(id: string): HTMLAnchorElement {
  const link = element('a', {
    class: 'icon-button',
    href: new URL(`api/cameras/${encodeURIComponent(id)}/snapshot.jpg`, document.baseURI).href,
    download: `${id}.jpg`,
    'aria-label': 'Save a snapshot',
    title: 'Save a snapshot (s)',
  });
  link.append(icon('snapshot'));
  // The name contains the time, so that snapshots do not replace each other.
  link.addEventListener('click', () => {
    link.download = `${id}_${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}Z.jpg`;
  });
  return link;
}

function holdButton(actions: TileToolActions): HTMLButtonElement {
  const made = iconButton('Hold to see the original', { icon: 'original', key: 'hold o' });
  const hold = (isHeld: boolean): void => {
    made.classList.toggle('is-held', isHeld);
    actions.hold(isHeld);
  };
  made.addEventListener('pointerdown', (event) => {
    made.setPointerCapture(event.pointerId);
    hold(true);
  });
  for (const type of ['pointerup', 'pointercancel', 'blur'] as const) {
    made.addEventListener(type, () => hold(false));
  }
  const isPress = (event: KeyboardEvent): boolean => event.key === ' ' || event.key === 'Enter';
  made.addEventListener('keydown', (event) => {
    if (isPress(event)) hold(true);
  });
  made.addEventListener('keyup', (event) => {
    if (isPress(event)) hold(false);
  });
  made.addEventListener('contextmenu', (event) => {
    event.preventDefault(); // a long touch would open the menu
  });
  return made;
}
