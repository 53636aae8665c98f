import { element, iconButton } from '../elements.ts';

/** Makes a modal dialog with a title and a close button. Esc and a click outside close it too. */
export function createDialog(title: string, name: string, ...children: readonly Node[]): HTMLDialogElement {
  const titleId = `${name}-title`;
  const close = iconButton('Close', {
    icon: 'close',
    key: 'Esc',
    onPress: () => dialog.close(),
  });
  const head = element('div', { class: 'dialog-head' }, element('h2', { id: titleId }, title), close);
  const body = element('div', { class: 'dialog-body' }, ...children);
  const dialog = element('dialog', { class: name, 'aria-labelledby': titleId }, head, body);
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  return dialog;
}
