import type { RtspItem, RtspRequest } from './rtsp-message.ts';

/** Maximum size of a start line with headers. */
export const maxHeadBytes = 16_384;
/** Maximum body of a request. */
export const maxBodyBytes = 65_536;
const maxHeaders = 64;

const carriageReturn = 13;
const lineFeed = 10;
const dollar = 36;

/**
 * Parses what an RTSP client sends, in pieces of any size. It holds at most one head and one body, never throws, and
 * accepts what real players send: bare line feeds, blank lines between messages, folded headers.
 * @see RFC 2326, sections 4, 10.12 and 15
 */
export class RtspParser {
  private state: 'between' | 'head' | 'body' | 'prefix' | 'packet' | 'broken' = 'between';
  private head = new ByteCollector(maxHeadBytes);
  private lineBytes = 0;
  private prefix: number[] = [];
  private packetBytesLeft = 0;
  private message: Head | undefined;
  private body = new Uint8Array(0);
  private bodyBytes = 0;

  /**
   * @returns the items that this chunk completes. After a `fault` there are no more. No view of the chunk is kept.
   */
  push(chunk: Uint8Array): RtspItem[] {
    const items: RtspItem[] = [];
    let offset = 0;
    while (offset < chunk.length && this.state !== 'broken') {
      if (this.state === 'body') offset += this.takeBody(chunk.subarray(offset), items);
      else if (this.state === 'packet') offset += this.passOver(chunk.length - offset);
      else this.takeByte(chunk[offset++] ?? 0, items);
    }
    return items;
  }

  private takeByte(byte: number, items: RtspItem[]): void {
    if (this.state === 'between') {
      if (byte === carriageReturn || byte === lineFeed) return;
      this.state = byte === dollar ? 'prefix' : 'head';
      if (byte === dollar) return;
    }
    if (this.state === 'prefix') this.takePrefix(byte, items);
    else this.takeHead(byte, items);
  }

  private takePrefix(byte: number, items: RtspItem[]): void {
    const [channel, high] = this.prefix;
    if (channel === undefined || high === undefined) {
      this.prefix.push(byte);
      return;
    }
    this.prefix = [];
    this.packetBytesLeft = high * 256 + byte;
    this.state = this.packetBytesLeft > 0 ? 'packet' : 'between';
    items.push({ kind: 'interleaved', channel, sizeBytes: this.packetBytesLeft });
  }

  private passOver(available: number): number {
    const passed = Math.min(available, this.packetBytesLeft);
    this.packetBytesLeft -= passed;
    if (this.packetBytesLeft === 0) this.state = 'between';
    return passed;
  }

  private takeHead(byte: number, items: RtspItem[]): void {
    if (!this.head.push(byte)) {
      this.fail(items, 413, `a head of more than ${maxHeadBytes} bytes`);
      return;
    }
    if (byte !== lineFeed) {
      if (byte !== carriageReturn) this.lineBytes++;
      return;
    }
    const isBlank = this.lineBytes === 0;
    this.lineBytes = 0;
    if (isBlank) this.endHead(items);
  }

  private endHead(items: RtspItem[]): void {
    const parsed = parseHead(this.head.take());
    if (typeof parsed === 'string') {
      this.fail(items, 400, parsed);
      return;
    }
    const length = parsed.headers.get('content-length') ?? '0';
    if (!/^\d{1,9}$/.test(length)) this.fail(items, 400, 'Content-Length is not a number');
    else if (Number(length) > maxBodyBytes)
      this.fail(items, 413, `a body of more than ${maxBodyBytes} bytes`);
    else {
      this.message = parsed;
      this.body = new Uint8Array(Number(length));
      this.bodyBytes = 0;
      this.state = 'body';
      if (this.body.length === 0) this.endBody(items);
    }
  }

  private takeBody(bytes: Uint8Array, items: RtspItem[]): number {
    const piece = bytes.subarray(0, this.body.length - this.bodyBytes);
    this.body.set(piece, this.bodyBytes);
    this.bodyBytes += piece.length;
    if (this.bodyBytes === this.body.length) this.endBody(items);
    return piece.length;
  }

  private endBody(items: RtspItem[]): void {
    const { message, body } = this;
    this.state = 'between';
    this.message = undefined;
    this.body = new Uint8Array(0);
    if (!message) return;
    const { start, headers } = message;
    items.push(start ? { kind: 'request', ...start, headers, body } : { kind: 'response' });
  }

  private fail(items: RtspItem[], status: 400 | 413, reason: string): void {
    this.state = 'broken';
    this.head.take();
    items.push({ kind: 'fault', status, reason });
  }
}

/** A message without its body. */
interface Head {
  /** undefined for a response. */
  readonly start: Pick<RtspRequest, 'method' | 'uri' | 'version'> | undefined;
  readonly headers: ReadonlyMap<string, string>;
}

/** Collects bytes up to a limit, in a buffer that grows by doubling. */
class ByteCollector {
  private bytes = new Uint8Array(512);
  private length = 0;
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** @returns false if there is no room */
  push(byte: number): boolean {
    if (this.length === this.limit) return false;
    if (this.length === this.bytes.length) {
      const grown = new Uint8Array(Math.min(this.limit, this.bytes.length * 2));
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes[this.length++] = byte;
    return true;
  }

  /** Returns all bytes as text, one character per byte, and empties the buffer. */
  take(): string {
    const text = Buffer.from(this.bytes.buffer, 0, this.length).toString('latin1');
    this.length = 0;
    this.bytes = new Uint8Array(512);
    return text;
  }
}

/** Parses a message without its body. @returns the head, or what is wrong with it */
function parseHead(text: string): Head | string {
  const [first = '', ...lines] = text
    .replace(/\r/g, '')
    .replace(/\n[ \t]+/g, ' ')
    .trimEnd()
    .split('\n');
  const [, method, uri = '', version = ''] = /^([A-Z_]{1,32}) +(\S+) +RTSP\/(\d\.\d) *$/.exec(first) ?? [];
  if (method === undefined && !/^RTSP\/\d/.test(first)) return 'the first line is not an RTSP request';
  if (lines.length > maxHeaders) return `more than ${maxHeaders} headers`;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:(.*)$/.exec(line) ?? [];
    if (name === '') return 'a header without a name';
    const known = headers.get(name.toLowerCase());
    headers.set(name.toLowerCase(), known === undefined ? value.trim() : `${known}, ${value.trim()}`);
  }
  return { start: method === undefined ? undefined : { method, uri, version }, headers };
}
