import { parseBasic, type Authenticate } from './basic-auth.ts';
import type { Mount } from './mount.ts';
import { parseRequestUri, type RequestUri } from './request-uri.ts';
import type { RtspReply, RtspRequest } from './rtsp-message.ts';
import { RtspSession } from './rtsp-session.ts';
import { formatSdp, trackControl } from './sdp.ts';
import type { SendQueue } from './send-queue.ts';
import { chooseChannels } from './transport.ts';

/** What the request handler is made from. */
export interface HandlerContext {
  /** Absent: anybody may watch. */
  readonly authenticate: Authenticate | undefined;
  /** The client's address. */
  readonly address: string;
  readonly findMount: (path: string) => Mount | undefined;
  /** How long DESCRIBE waits for a keyframe, ms. */
  readonly describeMs: number;
  /** For the Session header, s. */
  readonly sessionTimeoutS: number;
  readonly queue: SendQueue;
  /** Aborts when the connection is gone. */
  readonly signal: AbortSignal;
  /** Called when the session's mount is gone and its last packet is queued. */
  readonly onEnd: () => void;
}

/** A reply, and what starts once it is queued. */
export interface RtspAnswer extends RtspReply {
  readonly afterwards?: () => void;
}

type Method = (request: RtspRequest, uri: RequestUri) => RtspAnswer | Promise<RtspAnswer>;

const refused: readonly string[] = ['ANNOUNCE', 'RECORD', 'REDIRECT'];
const maxWrongPasswords = 3;
const nobody = { user: '', password: '' };

/**
 * Answers the requests of one connection one after the other, and owns the session that SETUP made.
 * @see RFC 2326, sections 10 and 11, appendix A
 */
export class RequestHandler implements Disposable {
  private readonly context: HandlerContext;
  private current: RtspSession | undefined;
  /** The login of the session. */
  private login = nobody;
  private wrongPasswords = 0;
  private readonly methods: Readonly<Record<string, Method>> = {
    OPTIONS: (request) => this.options(request),
    DESCRIBE: (request, uri) => this.describe(request, uri),
    SETUP: (request, uri) => this.setUp(request, uri),
    PLAY: (request, uri) => this.inSession(request, (session) => play(session, uri)),
    PAUSE: (request) => this.inSession(request, pause),
    GET_PARAMETER: (request) => this.parameters(request),
    SET_PARAMETER: (request) => this.parameters(request),
    TEARDOWN: (request) => this.inSession(request, () => this.tearDown()),
  };

  constructor(context: HandlerContext) {
    this.context = context;
  }

  /** The session between SETUP and TEARDOWN. */
  get session(): RtspSession | undefined {
    return this.current;
  }

  /** Whether the session's user may still watch; true without a session. */
  async isPermitted(): Promise<boolean> {
    const { authenticate } = this.context;
    if (!this.current || !authenticate) return true;
    const { path } = this.current.mount;
    return (
      (await authenticate({ ...this.login, path, address: this.context.address, isOpen: true })) === true
    );
  }

  async answer(request: RtspRequest): Promise<RtspAnswer> {
    if (request.version !== '1.0') return { status: 505, closes: true };
    if (!request.headers.has('cseq')) return { status: 400 };
    const unsupported = request.headers.get('require');
    if (unsupported !== undefined) return { status: 551, headers: { Unsupported: unsupported } };
    const { method } = request;
    if (refused.includes(method)) return { status: 405, headers: { Allow: this.allowed } };
    if (!Object.hasOwn(this.methods, method)) return { status: 501, headers: { Public: this.allowed } };
    const answer = this.methods[method]?.(request, parseRequestUri(request.uri));
    return (await answer) ?? { status: 501 };
  }

  [Symbol.dispose](): void {
    this.current?.[Symbol.dispose]();
    this.current = undefined;
  }

  private get allowed(): string {
    return Object.keys(this.methods).join(', ');
  }

  /** Needs no password: it is the first request of every player, and also a keep-alive. */
  private options(request: RtspRequest): RtspAnswer {
    if (request.headers.has('session') && !this.isMine(request)) return { status: 454 };
    return { status: 200, headers: { Public: this.allowed, ...this.sessionHeader } };
  }

  private async describe(request: RtspRequest, uri: RequestUri): Promise<RtspAnswer> {
    const refusal = await this.refuse(request, uri.path);
    if (refusal) return refusal;
    const mount = this.context.findMount(uri.path);
    if (!mount) return { status: 404 };
    const accept = request.headers.get('accept') ?? '*/*';
    if (!/application\/(sdp|\*)|\*\/\*/i.test(accept)) return { status: 406 };
    const { describeMs: timeoutMs, signal } = this.context;
    const parameterSets = await mount.parameterSets({ timeoutMs, signal });
    if (!parameterSets) return { status: 503, headers: { 'Retry-After': '5' } };
    const { name = uri.path.slice(1), info } = mount.info;
    return {
      status: 200,
      headers: { 'Content-Type': 'application/sdp', 'Content-Base': `${uri.base}/` },
      body: formatSdp({ name, info, parameterSets, sessionId: mount.number }),
    };
  }

  private async setUp(request: RtspRequest, uri: RequestUri): Promise<RtspAnswer> {
    const refusal = await this.refuse(request, uri.path);
    if (refusal) return refusal;
    const mount = this.context.findMount(uri.path);
    if (!mount) return { status: 404 };
    if (request.headers.has('session') && !this.isMine(request)) return { status: 454 };
    if (this.current && this.current.mount !== mount) return { status: 459 };
    if (this.current?.isPlaying === true) return { status: 455, headers: { Allow: 'PLAY, PAUSE, TEARDOWN' } };
    const channels = chooseChannels(request.headers.get('transport') ?? '');
    if (!channels) return { status: 461 };
    const { queue, onEnd } = this.context;
    this.current?.[Symbol.dispose]();
    this.current = new RtspSession({ mount, channels, queue, onEnd });
    this.login = loginOf(request);
    const ssrc = this.current.rtp.ssrc.toString(16).padStart(8, '0').toUpperCase();
    const { rtp, rtcp } = channels;
    const transport = `RTP/AVP/TCP;unicast;interleaved=${rtp}-${rtcp};ssrc=${ssrc};mode="PLAY"`;
    return { status: 200, headers: { Transport: transport, ...this.sessionHeader } };
  }

  /** The server has no parameters. Without a body the request is a keep-alive. */
  private parameters(request: RtspRequest): RtspAnswer {
    if (request.headers.has('session') && !this.isMine(request)) return { status: 454 };
    const isPing = request.body.every((byte) => byte <= 0x20);
    return isPing
      ? { status: 200, headers: this.sessionHeader }
      : { status: 451, headers: this.sessionHeader };
  }

  private tearDown(): RtspAnswer {
    this[Symbol.dispose]();
    return { status: 200 };
  }

  private inSession(request: RtspRequest, act: (session: RtspSession) => RtspAnswer): RtspAnswer {
    return this.current && this.isMine(request) ? act(this.current) : { status: 454 };
  }

  /** Whether the request names the session of this connection. */
  private isMine(request: RtspRequest): boolean {
    const [id] = (request.headers.get('session') ?? '').split(';');
    return this.current !== undefined && id?.trim() === this.current.id;
  }

  private get sessionHeader(): Record<string, string> {
    if (!this.current) return {};
    return { Session: `${this.current.id};timeout=${this.context.sessionTimeoutS}` };
  }

  /** The reply to users who may not watch a path. Only users who may watch it learn whether it exists. */
  private async refuse(request: RtspRequest, path: string): Promise<RtspAnswer | undefined> {
    const { authenticate, address } = this.context;
    const answer = await authenticate?.({ ...loginOf(request), path, address, isOpen: false });
    if (answer === undefined || answer === true) return undefined;
    if (answer !== false)
      return { status: 503, headers: { 'Retry-After': String(answer.waitS) }, closes: true };
    if (request.headers.has('authorization')) this.wrongPasswords++;
    const closes = this.wrongPasswords >= maxWrongPasswords;
    return { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="Chromafeed"' }, closes };
  }
}

function loginOf(request: RtspRequest): typeof nobody {
  return parseBasic(request.headers.get('authorization')) ?? nobody;
}

function play(session: RtspSession, uri: RequestUri): RtspAnswer {
  if (session.isOver) return { status: 454 };
  if (uri.path !== session.mount.path) return { status: 455 };
  const headers = { Session: session.id };
  if (session.isPlaying) return { status: 200, headers };
  const info = session.prepare();
  return {
    status: 200,
    headers: {
      ...headers,
      Range: 'npt=now-',
      'RTP-Info': `url=${uri.base}/${trackControl};seq=${info.sequence};rtptime=${info.rtpTime}`,
    },
    afterwards: () => session.play(),
  };
}

function pause(session: RtspSession): RtspAnswer {
  session.pause();
  return { status: 200, headers: { Session: session.id } };
}
