import { parseSettings, type Settings } from '../logic/settings-format.ts';

const storageKey = 'chromafeed.dashboard';

/** The settings of this device; every change is stored and told. */
export class SettingsStore {
  #settings: Settings;
  readonly #onChange: (settings: Settings) => void;

  constructor(onChange: (settings: Settings) => void) {
    this.#settings = parseSettings(readStored());
    this.#onChange = onChange;
  }

  get settings(): Settings {
    return this.#settings;
  }

  change(part: Partial<Settings>): void {
    this.#settings = { ...this.#settings, ...part };
    writeStored(JSON.stringify(this.#settings));
    this.#onChange(this.#settings);
  }
}

// A browser that refuses storage (private windows, blocked site data) throws: the settings then live as long as the page.
function readStored(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

function writeStored(text: string): void {
  try {
    localStorage.setItem(storageKey, text);
  } catch {
    return;
  }
}
