/** Keeps credentials out of logs, states and answers. All text that leaves the program passes through here. */

const mark = '***';
/** Query keys whose names end like this have secret values; similar names are redacted as well. */
const secretName =
  /(?:password|passwd|passphrase|pwd|pass|token|key|auth|authorization|secret|sig|signature|credentials?)$/i;
/** `//user:password@` up to the last @ of the authority, plain or %-encoded. */
const userinfo = /(:\/\/|%3a%2f%2f)[^\s/?#"'<>\\]+?(@|%40)(?![^\s/?#"'<>\\]*@)/gi;
/** The same with a slash or a question mark in the password, which URLs do not allow but people write. */
const looseUserinfo = /(:\/\/)[^\s/?#:@"'<>\\]*:(?!\d+(?:[/?#]|$))[^\s"'<>\\@]*@/gi;
/** `?name=value`, `&name=value`, also %-encoded, also at the start of a word. */
const pair = /(^|[?&;\s"'([{]|%3f|%26)([\w.~%+-]+?)(=|%3d)([^&\s"'<>\\]+)/gi;
const authorization = /\b(basic|bearer|digest)(\s+|%20)(?!realm=)[\w+/=.~-]{6,}/gi;
/** Shorter secrets are also ordinary words, so they are redacted in URLs but not in running text. */
const shortestSecret = 3;
/** Shorter secrets are replaced as whole words only. */
const shortestInside = 6;

/**
 * Replaces credentials with `***`: the userinfo of URLs, the values of query keys that are named like secrets
 * (password, token, key, sig ..., in any case, also %-encoded), and HTTP credentials.
 */
export function redact(text: string): string {
  return text
    .replace(looseUserinfo, `$1${mark}@`)
    .replace(userinfo, `$1${mark}$2`)
    .replace(authorization, `$1$2${mark}`)
    .replace(pair, redactPair);
}

/** Whether a query key or a field is named like a secret. */
export function isSecretName(name: string): boolean {
  return secretName.test(decoded(name));
}

/** A value that is not a secret may be a URL that contains some. */
function redactPair(_: string, before: string, name: string, equals: string, value: string): string {
  const shown = isSecretName(name) ? mark : value.replace(pair, redactPair);
  return `${before}${name}${equals}${shown}`;
}

/** Redacts like `redact`, and also the secrets of all sources that it has learnt, wherever they appear. */
export class Redactor {
  private readonly secrets = new Set<string>();
  private pattern: RegExp | undefined;

  /** @param sources - URLs of cameras, with their credentials */
  constructor(sources: Iterable<string> = []) {
    for (const source of sources) this.learn(source);
  }

  /** Learns the credentials in a URL: as written, decoded, encoded again, and as HTTP sends them. */
  learn(source: string): void {
    for (const secret of secretsOf(source)) if (secret.length >= shortestSecret) this.secrets.add(secret);
    const longestFirst = [...this.secrets].sort((a, b) => b.length - a.length);
    if (longestFirst.length > 0) this.pattern = new RegExp(longestFirst.map(patternOf).join('|'), 'gi');
  }

  redact(text: string): string {
    const known = this.pattern === undefined ? text : text.replace(this.pattern, mark);
    return redact(known);
  }
}

function secretsOf(source: string): string[] {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^\s/?#]*)@/i.exec(source)?.[1];
  const loose = /^[a-z][a-z0-9+.-]*:\/\/([^\s:/?#@]*:(?!\d+(?:[/?#]|$)).*)@/i.exec(source)?.[1];
  const query = [...source.matchAll(pair)].flatMap(([, , name = '', , value = '']) =>
    isSecretName(name) ? variants(value) : [],
  );
  return [...userinfoSecrets(authority), ...userinfoSecrets(loose), ...query];
}

/** A user name without a password is a token; with a password it is not secret. */
function userinfoSecrets(text: string | undefined): string[] {
  if (text === undefined) return [];
  const colon = text.indexOf(':');
  const password = colon < 0 ? text : text.slice(colon + 1);
  const basic = Buffer.from(decoded(text)).toString('base64');
  return [...variants(text), ...variants(password), basic];
}

function variants(secret: string): string[] {
  const plain = decoded(secret);
  return [secret, plain, encodeURIComponent(plain), encodeURI(plain)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a single %, which is part of the secret
  }
}

function patternOf(secret: string): string {
  const literal = secret.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  if (secret.length >= shortestInside) return literal;
  return `(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))${literal}(?![A-Za-z0-9])`;
}
