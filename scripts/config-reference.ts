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

One YAML file. Only \`cameras\` is needed; everything else has a default. \`config/\` has examples to copy from.

\`\`\`yaml
# yaml-language-server: $schema=chromafeed.schema.json
cameras:
  door:
    source: rtsp://viewer:\${DOOR_PASSWORD}@192.0.2.10/stream1
\`\`\`

The first line gives editors with the YAML language server completion and checks as you type; the schema lies in
\`config/chromafeed.schema.json\`.

## Variables

In values, not in keys:

- \`\${NAME}\` is the environment variable NAME. One that is not set is a fault.
- \`\${NAME:-default}\` is the default when the variable is not set or empty. The default holds no \`}\`.
- \`$\${\` is \`\${\` as it stands.

A value without quotes that becomes a number, \`true\` or \`false\` is one: \`port: \${PORT:-8600}\`. In quotes it stays
text. Inside \`{ }\` and \`[ ]\` it must stand in quotes: YAML takes the braces for its own.

Sources, token hashes and everything with a variable in it are left out of error messages.

## Names of files

Relative ones are beside the config: \`file:\` sources, \`server.tls\`, \`engine.embedding\`, and a model with a slash in it.

## Faults

All of them are said at once, each with its place, and the program does not start (exit code 2):

\`\`\`
cameras.yaml:12:5: cameras.door.url: unknown key; did you mean "source"?
cameras.yaml:14:10: cameras.door.fps: expected at least 0.2 but got 0
\`\`\`

Beyond ranges it is checked that

- \`server.host\` and \`rtsp.host\` are of the loopback (127.0.0.0/8, ::1, localhost) unless \`server.users\` names somebody;
- users have names and tokens of their own, and see cameras that exist;
- \`rtsp: true\` on a camera has the section \`rtsp\`;
- masks have an area and lie in the picture.

Anchors, aliases and \`<<\` work, so that cameras can share settings. The file has at most 256 KiB.

## Changes while the program runs

The file is watched; SIGHUP has it read again. A faulty file is reported and changes nothing. Cameras are added, removed
and changed without touching the others. Only a change of ${listed(connecting)} connects a camera again.

Outside cameras, ${listed(live)} hold at once. The log names the settings that wait for the program's next start.`;

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
