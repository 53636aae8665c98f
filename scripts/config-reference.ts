/** Writes `docs/config.md` and the JSON Schema from the config's schema. */
import { format } from 'prettier';
import { cameraScopes, programScopes } from '../src/config/config-changes.ts';
import { configJsonSchema, editorSchema, type JsonSchema } from '../src/config/json-schema.ts';

const style = { singleQuote: true, printWidth: 110 } as const;

/** The JSON Schema for editors, as text. */
export function schemaText(): Promise<string> {
  return format(JSON.stringify(editorSchema()), { ...style, parser: 'json' });
}

/** The reference for people, as Markdown. */
export function referenceText(): Promise<string> {
  const { properties = {} } = configJsonSchema();
  const sections = Object.entries(properties).map(([name, section]) => sectionText(name, section));
  return format([introduction, ...sections].join('\n\n'), {
    ...style,
    parser: 'markdown',
    proseWrap: 'preserve',
  });
}

const connecting = Object.entries(cameraScopes)
  .filter(([, scope]) => scope === 'connection')
  .map(([name]) => name);
const live = Object.entries<Readonly<Record<string, string>>>(programScopes).flatMap(([section, scopes]) =>
  Object.keys(scopes)
    .filter((name) => scopes[name] === 'live')
    .map((name) => `${section}.${name}`),
);

const introduction = `<!-- Made by \`npm run docs:config\` out of src/config/schema.ts: change it there. -->

# The config of \`chromafeed serve\`

The config is one YAML file. Only \`cameras\` is required; everything else has a default. The folder \`config/\` has examples
to copy from.

\`\`\`yaml
# yaml-language-server: $schema=chromafeed.schema.json
cameras:
  door:
    source: rtsp://viewer:\${DOOR_PASSWORD}@192.0.2.10/stream1
\`\`\`

With the first line, editors that use the YAML language server complete and check what you type. The schema is
\`config/chromafeed.schema.json\`.

## Variables

You can use environment variables in values, but not in keys:

- \`\${NAME}\` is replaced by the environment variable NAME. If the variable is not set, the config has a fault.
- \`\${NAME:-default}\` is replaced by the default if the variable is not set or empty. The default cannot contain \`}\`.
- \`$\${\` is replaced by \`\${\`.

Without quotes, a value that becomes a number, \`true\` or \`false\` has that type: \`port: \${PORT:-8600}\`. In quotes it
stays text. Inside \`{ }\` and \`[ ]\`, put a value with a variable in quotes, because braces have a meaning in YAML.

Error messages never contain sources, token hashes or values with variables.

## Names of files

Relative names start at the folder of the config. This applies to \`file:\` sources, \`server.tls\`, \`engine.embedding\`, a camera's \`style\`, and
models whose name contains a slash.

## Faults

If the config has faults, the program lists all of them with their lines and columns, and does not start (exit code 2):

\`\`\`
cameras.yaml:12:5: cameras.door.url: unknown key; did you mean "source"?
cameras.yaml:14:10: cameras.door.fps: expected at least 0.2 but got 0
\`\`\`

The program checks the ranges, and also that

- \`server.host\` and \`rtsp.host\` are loopback addresses (127.0.0.0/8, ::1, localhost), unless \`server.users\` has a user;
- no two users have the same name or the same token, and the cameras that they may see exist;
- the section \`rtsp\` exists if a camera has \`rtsp: true\`;
- masks have an area and lie in the picture.

Cameras can share settings with anchors, aliases and \`<<\`. The file can have at most 256 KiB.

## Changes while the program runs

When the file changes, the program reads it again; SIGHUP makes it do so immediately. A file with faults is reported and
changes nothing. Adding, removing or changing a camera does not affect the others. A camera reconnects only if one of these
settings changes: ${listed(connecting)}.

Of the settings outside cameras, ${listed(live)} take effect immediately. The log names the changed settings that take
effect only at the next start.`;

function sectionText(name: string, section: JsonSchema): string {
  const camera = section.additionalProperties;
  const isRecord = typeof camera === 'object';
  const title = isRecord ? `## ${name}.ID` : `## ${name}`;
  const text = section.description === undefined ? '' : `${capitalized(section.description)}.`;
  const ids = isRecord ? ` An id matches ${code(section.propertyNames?.pattern ?? '')}.` : '';
  return `${title}\n\n${text}${ids}\n\n${table(isRecord ? camera : section)}`;
}

function table(schema: JsonSchema): string {
  const rows = rowsOf(schema, '').map((cells) => `| ${cells.map(escaped).join(' | ')} |`);
  return ['| setting | value | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function rowsOf(schema: JsonSchema, prefix: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, setting]) => {
    const name = `${prefix}${key}`;
    const isNeeded = schema.required?.includes(key) === true;
    const row = [
      code(name),
      valueText(setting),
      isNeeded ? 'needed' : defaultText(setting),
      setting.description ?? '',
    ];
    const item = listItem(setting);
    const inner = item ? rowsOf(item, `${name}[].`) : rowsOf(setting, `${name}.`);
    return [row, ...inner];
  });
}

function listItem({ items }: JsonSchema): JsonSchema | undefined {
  return items !== undefined && !('length' in items) ? items : undefined;
}

function valueText(setting: JsonSchema): string {
  if (setting.enum) return setting.enum.map((value) => code(String(value))).join(', ');
  switch (setting.type) {
    case 'integer':
      return `whole number, ${rangeText(setting)}`;
    case 'number':
      return `number, ${rangeText(setting)}`;
    case 'boolean':
      return '`true`, `false`';
    case 'array':
      return setting.maxItems === undefined ? 'list' : `list, at most ${setting.maxItems}`;
    case 'object':
      return 'mapping';
    default:
      return 'text';
  }
}

function rangeText({ minimum, maximum, multipleOf }: JsonSchema): string {
  const range = `${minimum ?? ''}..${maximum ?? ''}`;
  return multipleOf === undefined ? range : `${range}, a multiple of ${multipleOf}`;
}

function defaultText(setting: JsonSchema): string {
  const isPlain = setting.default !== undefined && setting.type !== 'object';
  return isPlain ? code(JSON.stringify(setting.default).replaceAll('"', '')) : '';
}

function code(text: string): string {
  return `\`${text}\``;
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|');
}

/** `a`, `b` and `c` */
function listed(names: readonly string[]): string {
  return `${names.slice(0, -1).map(code).join(', ')} and ${code(names.at(-1) ?? '')}`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
