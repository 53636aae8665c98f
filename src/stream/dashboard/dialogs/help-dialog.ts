import { createDialog } from './dialog.ts';
import { element } from '../elements.ts';

const keys: readonly (readonly [string, string])[] = [
  ['Arrow keys', 'go from camera to camera'],
  ['Enter', 'show the camera alone'],
  ['Esc', 'back to all cameras'],
  ['Hold o', 'see the original'],
  ['c', 'compare: line between original and colour; arrow keys move it'],
  ['s', 'save a snapshot'],
  ['f', 'full screen'],
  ['p', 'picture-in-picture'],
  ['+ − 0', 'zoom in, zoom out, whole picture (camera shown alone)'],
  ['Arrow keys', 'move the zoomed picture'],
  ['Shift + arrow keys', 'move the camera within the grid'],
  ['h', 'hide the camera (the settings show it again)'],
  ['i', 'statistics: frames, latency, drops'],
  [',', 'settings'],
  ['?', 'this help'],
];

const pointer: readonly (readonly [string, string])[] = [
  ['Click or tap', 'show the camera alone'],
  ['Drag a name', 'move the camera within the grid'],
  ['Wheel or pinch', 'zoom (camera shown alone); drag to move, double click for the whole picture'],
];

/** Makes the dialog that lists keys and gestures. */
export function createHelpDialog(): HTMLDialogElement {
  return createDialog(
    'Help',
    'help',
    element('h3', {}, 'Keys'),
    list(keys),
    element('h3', {}, 'Mouse and touch'),
    list(pointer),
    element(
      'p',
      {},
      'The original is the brightness of the picture that is shown. Only the colour was added.',
    ),
  );
}

function list(rows: readonly (readonly [string, string])[]): HTMLElement {
  const made = element('dl', { class: 'keys' });
  for (const [key, text] of rows) {
    made.append(element('div', {}, element('dt', {}, element('kbd', {}, key)), element('dd', {}, text)));
  }
  return made;
}
