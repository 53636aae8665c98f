/** Where variables come from: `process.env` fits. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A text in which `${...}` has been replaced. */
export interface Expanded {
  readonly text: string;
  /** Something came from the environment, or may have: the text must not be shown. */
  readonly isSubstituted: boolean;
  /** Names of variables and what is wrong with them; never a value. */
  readonly faults: readonly string[];
}

const name = '[A-Za-z_][A-Za-z0-9_]*';
/** `$${`, `${NAME}`, `${NAME:-default}`, and any other `${`. */
const reference = new RegExp(`\\$\\$\\{|\\$\\{(${name})(?::-([^}]*))?\\}|\\$\\{`, 'g');

/**
 * Replaces `${NAME}` and `${NAME:-default}` as a shell does: the default also stands in for a variable that is set
 * but empty. `$${` gives `${` as it stands. What a variable holds is not looked at again.
 */
export function expand(text: string, env: Environment): Expanded {
  const faults: string[] = [];
  let isSubstituted = false;
  const replace = (whole: string, variable: string | undefined, fallback: string | undefined): string => {
    if (whole === '$${') return '${';
    isSubstituted = true;
    if (variable === undefined) {
      faults.push('expected ${NAME} or ${NAME:-default}; write $${ for a literal ${');
      return '';
    }
    const value = Object.hasOwn(env, variable) ? env[variable] : undefined;
    if (fallback !== undefined && (value === undefined || value === '')) return fallback;
    if (value === undefined) faults.push(`the environment variable ${variable} is not set`);
    return value ?? '';
  };
  return { text: text.replace(reference, replace), isSubstituted, faults };
}

/** What an unquoted text is in YAML 1.2's core schema: a truth value, a number, else text. Empty text stays text. */
export function typed(text: string): string | number | boolean {
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  return /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(text) ? Number(text) : text;
}
