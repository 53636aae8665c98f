/** HTML that needs no more escaping. */
export interface Html {
  readonly markup: string;
}

type Value = string | number | Html | readonly Html[];

/** Builds HTML from a template. Inserted values are escaped, unless they are HTML themselves. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  const markup = parts.map((part, i) => (i === 0 ? part : `${markupOf(values[i - 1] ?? '')}${part}`));
  return { markup: markup.join('') };
}

function markupOf(value: Value): string {
  if (typeof value === 'string' || typeof value === 'number') return escape(String(value));
  return isList(value) ? value.map(({ markup }) => markup).join('') : value.markup;
}

function isList(value: Html | readonly Html[]): value is readonly Html[] {
  return Array.isArray(value);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
