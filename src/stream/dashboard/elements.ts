import { icon, type IconName } from './icons.ts';

/**
 * Makes an HTML element.
 * @param attributes - as in markup; an empty string sets a boolean attribute
 */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * Makes a button with an icon. Screen readers read its name, and the tooltip shows it.
 * @param key - the shortcut, for the tooltip
 */
export function iconButton(
  name: string,
  options: { readonly icon: IconName; readonly key?: string; readonly onPress?: () => void },
): HTMLButtonElement {
  const title = options.key === undefined ? name : `${name} (${options.key})`;
  const made = element('button', { type: 'button', class: 'icon-button', 'aria-label': name, title });
  made.append(icon(options.icon));
  if (options.onPress !== undefined) made.addEventListener('click', options.onPress);
  return made;
}

/** Finds an element of the page by its id. @throws {Error} if the page has none */
export function pageElement(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element #${id}`);
  return found;
}

/** Sets an element's text, and changes the page only if the text differs. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
