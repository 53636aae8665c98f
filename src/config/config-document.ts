import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Pair } from 'yaml';
import type { ConfigFault, ConfigPath, PlacedFault } from './config-fault.ts';
import { expand, typed, type Environment } from './substitute.ts';
import { tooDeepAt } from './yaml/yaml-depth.ts';
import { explainYamlError } from './yaml/yaml-faults.ts';
import { findNode, keyText } from './yaml/yaml-nodes.ts';

/** The most uses of anchors, each counted with its content: enough for 256 cameras, too few for a YAML bomb. */
const mostAliases = 2000;
const misusedAliases = `not YAML: an alias (*name) without its anchor before it or inside it, a "<<" with something other than a mapping, or more than ${mostAliases} aliases`;
const secretKeys: readonly (string | number)[] = ['source', 'tokenHash', 'secret', 'password'];

/** The YAML of a config: its values, and where each of them is in the file. */
export class ConfigDocument {
  /** Faults of syntax, duplicate keys and variables. */
  readonly faults: PlacedFault[] = [];
  /** Plain data with variables filled in; undefined if the text has none. */
  readonly values: unknown;
  private readonly document: Document.Parsed;
  private readonly lines = new LineCounter();
  /** Scalars that contain something from the environment. */
  private readonly substituted = new WeakSet<object>();

  /**
   * @param text - of the file
   * @param env - values for `${NAME}`
   */
  constructor(text: string, env: Environment) {
    for (const { index } of text.matchAll(/^|(?<=\n)/g)) this.lines.addNewLine(index);
    const tooDeep = tooDeepAt(text);
    this.document = parseDocument(tooDeep === undefined ? text : '', {
      prettyErrors: false,
      schema: 'core',
      merge: true,
      uniqueKeys: false, // the time of yaml's own check grows with the square of the number of keys
      logLevel: 'error',
    });
    if (tooDeep !== undefined) {
      this.add(tooDeep, [], 'not YAML: nested too deeply');
      return;
    }
    const [error] = [...this.document.errors, ...this.document.warnings]; // the other faults follow from it
    if (error) {
      this.add(error.pos[0], [], explainYamlError(error, text));
      return;
    }
    if (isEmpty(this.document.contents)) this.add(0, [], 'expected settings but got nothing');
    else if (this.visit(this.document.contents, [], env)) this.values = this.plainData();
  }

  /** Adds the line and column of the value at fault, or of the value around it if it is missing. */
  place(fault: ConfigFault): PlacedFault {
    const { keyOffset, valueOffset, isWhole } = findNode(this.document, fault.path);
    const isOfValue = fault.at === 'value' && isWhole;
    return { ...fault, ...this.lineOf((isOfValue ? valueOffset : undefined) ?? keyOffset) };
  }

  /** Whether a value must not be shown because it is a credential or came from the environment. */
  isSecret(path: ConfigPath): boolean {
    const { node, isWhole } = findNode(this.document, path);
    const isFromOutside = typeof node === 'object' && node !== null && this.substituted.has(node);
    return !isWhole || isFromOutside || path.some((step) => secretKeys.includes(step));
  }

  /**
   * Fills in variables, and looks for duplicate keys and keys that are not words. Returns false if plain data cannot
   * be made.
   */
  private visit(node: unknown, path: ConfigPath, env: Environment): boolean {
    if (isScalar(node)) {
      if (typeof node.value === 'string') this.fillIn(node, node.value, path, env);
      return true;
    }
    if (isSeq(node)) return node.items.map((item, i) => this.visit(item, [...path, i], env)).every(Boolean);
    if (!isMap(node)) return true;
    const seen = new Map<string, number>();
    return node.items.map((pair) => this.visitPair(pair, path, seen, env)).every(Boolean);
  }

  private visitPair(pair: Pair, path: ConfigPath, seen: Map<string, number>, env: Environment): boolean {
    const key = keyText(pair);
    const offset = startOf(pair.key);
    if (key === undefined) {
      this.add(offset, path, 'expected a word as key');
      return false;
    }
    const first = seen.get(key);
    if (first !== undefined) {
      this.add(offset, [...path, key], `this key is already in line ${this.lineOf(first).line}`);
    }
    seen.set(key, first ?? offset);
    return this.visit(pair.value, [...path, key], env);
  }

  private fillIn(
    node: { value: unknown; type?: string | undefined; range?: readonly number[] | null },
    text: string,
    path: ConfigPath,
    env: Environment,
  ): void {
    const expanded = expand(text, env);
    for (const fault of expanded.faults) this.add(startOf(node), path, fault);
    if (expanded.isSubstituted) this.substituted.add(node);
    const isTyped = expanded.isSubstituted && node.type === 'PLAIN';
    node.value = isTyped ? typed(expanded.text) : expanded.text;
  }

  private plainData(): unknown {
    try {
      return this.document.toJS({ maxAliasCount: mostAliases }) as unknown;
    } catch {
      // The parser's message would quote the file. Only aliases and merges can fail here.
      this.add(0, [], misusedAliases);
      return undefined;
    }
  }

  private add(offset: number, path: ConfigPath, text: string): void {
    this.faults.push({ path, at: 'value', text, ...this.lineOf(offset) });
  }

  private lineOf(offset: number): { line: number; column: number } {
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}

function startOf(node: unknown): number {
  const hasPlace = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node);
  return hasPlace ? (node.range?.[0] ?? 0) : 0;
}

function isEmpty(contents: unknown): boolean {
  return contents === null || (isScalar(contents) && contents.value === null);
}
