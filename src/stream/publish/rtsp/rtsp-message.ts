/** A client's request, as received. */
export interface RtspRequest {
  readonly kind: 'request';
  /** As written; methods are case-sensitive. */
  readonly method: string;
  readonly uri: string;
  /** `1.0` */
  readonly version: string;
  /** By lower-case name. Values of a repeated header are joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** What a client may send over a connection. */
export type RtspItem =
  | RtspRequest
  /** A response. We never send requests, so it is ignored. */
  | { readonly kind: 'response' }
  /** An RTP or RTCP packet between messages; its content is skipped. */
  | { readonly kind: 'interleaved'; readonly channel: number; readonly sizeBytes: number }
  /** The data is malformed; nothing more can be read from this connection. */
  | { readonly kind: 'fault'; readonly status: 400 | 413; readonly reason: string };

/** The reply to a request. */
export interface RtspReply {
  readonly status: keyof typeof reasons;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether the connection is closed after the reply. */
  readonly closes?: boolean;
}

/** @see RFC 2326, section 7.1.1 */
const reasons = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  413: 'Request Entity Too Large',
  451: 'Parameter Not Understood',
  454: 'Session Not Found',
  455: 'Method Not Valid in This State',
  459: 'Aggregate Operation Not Allowed',
  461: 'Unsupported Transport',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  505: 'RTSP Version Not Supported',
  551: 'Option Not Supported',
} as const;

/**
 * Serialises a reply.
 * @param sequence - the request's CSeq, if it had one
 */
export function formatReply(reply: RtspReply, sequence: string | undefined): Buffer {
  const body = reply.body === undefined ? undefined : Buffer.from(reply.body);
  const headers = {
    ...(sequence === undefined ? {} : { CSeq: sequence }),
    Server: 'Chromafeed',
    ...reply.headers,
    ...(body === undefined ? {} : { 'Content-Length': String(body.length) }),
    ...(reply.closes === true ? { Connection: 'close' } : {}),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${printable(value)}\r\n`);
  const head = `RTSP/1.0 ${reply.status} ${reasons[reply.status]}\r\n${lines.join('')}\r\n`;
  return body === undefined ? Buffer.from(head) : Buffer.concat([Buffer.from(head), body]);
}

/** Removes control characters, so that an echoed part of a request cannot start a new line. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '');
}
