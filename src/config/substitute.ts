/** Where variables come from, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A text in which `${...}` has been replaced. */
export interface Expanded {
  readonly text: string;
  /** Whether something may have come from the environment, so that the text must not be shown. */
  readonly isSubstituted: boolean;
  /** Names of variables and what is wrong with them, without their values. */
  readonly faults: readonly string[];
}

const name = '[A-Za-z_][A-Za-z0-9_]*';
/** `$${`, `${NAME}`, `${NAME:-default}`, and any other `${`. */
const reference = new RegExp(`\\$\\$\\{|\\$\\{(${name})(?::-([^}]*))?\\}|\\$\\{`, 'g');

/**
 * Replaces `${NAME}` and `${NAME:-default}` as a shell does: the default also replaces a variable that is set but
 * empty. `$${` gives a literal `${`. Values of variables are not substituted again.
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

/**
 * The value of an unquoted text in YAML 1.2's core schema: true or false, a number, or else text. Empty text stays
 * text.
 */
export function typed(text: string): string | number | boolean {
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  return /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(text) ? Number(text) : text;
}
