import { parseSettings, type DashboardSettings } from './logic/settings-format.ts';

const storageKey = 'chromafeed.dashboard';

/** The settings of this device. Stores and reports every change. */
export class SettingsStore {
  #settings: DashboardSettings;
  readonly #onChange: (settings: DashboardSettings) => void;

  constructor(onChange: (settings: DashboardSettings) => void) {
    this.#settings = parseSettings(readStored());
    this.#onChange = onChange;
  }

  get settings(): DashboardSettings {
    return this.#settings;
  }

  change(part: Partial<DashboardSettings>): void {
    this.#settings = { ...this.#settings, ...part };
    writeStored(JSON.stringify(this.#settings));
    this.#onChange(this.#settings);
  }
}

// A browser that refuses storage (private window, blocked site data) throws. The settings then last as long as the page.
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
