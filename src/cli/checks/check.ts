/** One line of `chromafeed doctor`. */
export interface Check {
  /** `fail`: the program can't do its work. `warn`: something that some films need is missing. */
  readonly level: 'ok' | 'warn' | 'fail';
  readonly what: string;
  readonly detail: string;
  /** What to do; present if the level is not `ok`. */
  readonly cure?: string;
}

export function passed(what: string, detail: string): Check {
  return { level: 'ok', what, detail };
}

export function warned(what: string, detail: string, cure: string): Check {
  return { level: 'warn', what, detail, cure };
}

export function failed(what: string, detail: string, cure: string): Check {
  return { level: 'fail', what, detail, cure };
}
