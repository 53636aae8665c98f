import type { ConnectionState } from './connection.ts';
import { element, iconButton, setText } from './elements.ts';
import type { PageKey } from './keyboard.ts';
import { retryText } from './logic/state-text.ts';

const messageMs = 10_000;

export interface TopBarActions {
  back(): void;
  press(key: PageKey): void;
  /** Turns comparing on or off for all cameras. */
  compareAll(isOn: boolean): void;
}

/** The bar at the top: a summary of all cameras or the way back from one, the connection, and the buttons. */
export class TopBar {
  readonly #title = element('h1', { class: 'title' }, 'Chromafeed');
  readonly #summary = element('span', { class: 'summary' });
  readonly #connection = element('span', { class: 'connection', hidden: '' });
  readonly #message = element('span', { class: 'message', role: 'status' });
  readonly #films = element('a', { class: 'films', href: 'films', hidden: '' }, 'Films');
  readonly #back: HTMLButtonElement;
  readonly #stats: HTMLButtonElement;
  readonly #compareAll: HTMLButtonElement;
  #messageTimer: ReturnType<typeof setTimeout> | undefined;
  #state: ConnectionState = { kind: 'connecting' };

  constructor(root: HTMLElement, actions: TopBarActions) {
    const press = (key: PageKey) => () => actions.press(key);
    this.#back = iconButton('All cameras', { icon: 'back', key: 'Esc', onPress: () => actions.back() });
    this.#back.hidden = true;
    this.#compareAll = iconButton('Compare all cameras with their originals', {
      icon: 'compare',
      onPress: () => this.#toggleCompareAll(actions),
    });
    this.#compareAll.setAttribute('aria-pressed', 'false');
    this.#stats = iconButton('Statistics', { icon: 'stats', key: 'i', onPress: press('i') });
    const settings = iconButton('Settings', { icon: 'settings', key: ',', onPress: press(',') });
    const help = iconButton('Help', { icon: 'help', key: '?', onPress: press('?') });
    root.append(
      this.#back,
      this.#title,
      this.#summary,
      this.#message,
      this.#connection,
      this.#films,
      this.#compareAll,
      this.#stats,
      settings,
      help,
    );
  }

  /** @param cameraName - the camera that is shown alone; undefined: all are shown */
  showPlace(cameraName: string | undefined): void {
    this.#back.hidden = cameraName === undefined;
    this.#compareAll.hidden = cameraName !== undefined;
    setText(this.#title, cameraName ?? 'Chromafeed');
    document.title = cameraName === undefined ? 'Chromafeed' : `${cameraName} – Chromafeed`;
  }

  showSummary(text: string): void {
    setText(this.#summary, text);
  }

  /** Shows the way to the queue of films, or hides it. */
  showFilms(hasFilms: boolean): void {
    this.#films.hidden = !hasFilms;
  }

  showStats(isOn: boolean): void {
    this.#stats.setAttribute('aria-pressed', `${isOn}`);
  }

  /** Shows a message for some seconds. */
  showMessage(text: string): void {
    setText(this.#message, text);
    clearTimeout(this.#messageTimer);
    this.#messageTimer = setTimeout(() => setText(this.#message, ''), messageMs);
  }

  set connection(state: ConnectionState) {
    this.#state = state;
    this.refresh();
  }

  #toggleCompareAll(actions: TopBarActions): void {
    const isOn = this.#compareAll.getAttribute('aria-pressed') !== 'true';
    this.#compareAll.setAttribute('aria-pressed', `${isOn}`);
    actions.compareAll(isOn);
  }

  /** Updates the countdown. */
  refresh(): void {
    const state = this.#state;
    this.#connection.hidden = state.kind === 'open' || state.kind === 'connecting';
    if (state.kind === 'lost') {
      setText(this.#connection, `Connection lost. Next attempt ${retryText(state.retryMs, Date.now())}`);
    } else if (state.kind === 'signed-out' && this.#connection.querySelector('a') === null) {
      this.#connection.replaceChildren('Signed out. ', element('a', { href: 'login.html' }, 'Sign in'));
    }
  }
}
