/** The settings that the dashboard stores on this device. */
export interface DashboardSettings {
  /** Ids in the user's order. Other cameras follow. */
  readonly order: readonly string[];
  readonly hidden: readonly string[];
  readonly mode: ModeSetting;
  readonly theme: ThemeSetting;
  readonly hasStats: boolean;
  /** Whether single letters are shortcuts. */
  readonly hasKeys: boolean;
  readonly isLowBandwidth: boolean;
}

export type ModeSetting = 'auto' | 'jpeg' | 'video';
export type ThemeSetting = 'auto' | 'light' | 'dark';

export const defaultSettings: DashboardSettings = {
  order: [],
  hidden: [],
  mode: 'auto',
  theme: 'auto',
  hasStats: false,
  hasKeys: true,
  isLowBandwidth: false,
};

const modes: readonly ModeSetting[] = ['auto', 'jpeg', 'video'];
const themes: readonly ThemeSetting[] = ['auto', 'light', 'dark'];
const mostIds = 1024;

/**
 * Parses stored settings. Missing or invalid values become the default, because another version may have written them.
 * @param text - JSON of `DashboardSettings`; null if nothing is stored
 */
export function parseSettings(text: string | null): DashboardSettings {
  const stored = parseObject(text);
  return {
    order: ids(stored['order']),
    hidden: ids(stored['hidden']),
    mode: modes.find((mode) => mode === stored['mode']) ?? defaultSettings.mode,
    theme: themes.find((theme) => theme === stored['theme']) ?? defaultSettings.theme,
    hasStats: stored['hasStats'] === true,
    hasKeys: stored['hasKeys'] !== false,
    isLowBandwidth: stored['isLowBandwidth'] === true,
  };
}

function parseObject(text: string | null): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {}; // not JSON: treated as nothing stored
  }
}

function ids(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  const texts = value.filter((id: unknown): id is string => typeof id === 'string');
  return [...new Set(texts)].slice(0, mostIds);
}
