import type { Direction } from './logic/grid-layout.ts';

/** What keys do. The page decides which tile they apply to. */
export interface KeyActions {
  /** Whether single letters are shortcuts. */
  hasLetters(): boolean;
  arrow(direction: Direction, hasShift: boolean): void;
  escape(): void;
  press(key: TileKey | PageKey): void;
  hold(isHeld: boolean): void;
}

export type TileKey = 'c' | 's' | 'f' | 'p' | 'h' | '+' | '-' | '0';
export type PageKey = 'i' | ',' | '?';

const pressKeys: readonly (TileKey | PageKey)[] = ['c', 's', 'f', 'p', 'h', '+', '-', '0', 'i', ',', '?'];
const arrows: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

/** Listens to the keys of the page. Ignores keys while a dialog is open, and keys that an element has handled. */
export function addKeyboard(actions: KeyActions): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector('dialog[open]') !== null) return;
    if (handle(event, actions)) event.preventDefault();
  });
  document.addEventListener('keyup', (event) => {
    if (event.key.toLowerCase() === 'o') actions.hold(false);
  });
  // The key may be released while another window has the focus.
  addEventListener('blur', () => actions.hold(false));
}

function handle(event: KeyboardEvent, actions: KeyActions): boolean {
  const direction = arrows[event.key];
  if (direction !== undefined) {
    actions.arrow(direction, event.shiftKey);
    return true;
  }
  if (event.key === 'Escape') {
    actions.escape();
    return true;
  }
  if (!actions.hasLetters()) return false;
  const key = event.key === '=' ? '+' : event.key.toLowerCase();
  if (key === 'o') {
    if (!event.repeat) actions.hold(true);
    return true;
  }
  const known = pressKeys.find((other) => other === key);
  if (known === undefined) return false;
  actions.press(known);
  return true;
}
