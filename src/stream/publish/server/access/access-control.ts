import type { IncomingMessage } from 'node:http';
import type { UserConfig } from '../../../../config/schema.ts';
import { AddressCounter } from './address-counter.ts';
import { noteAudit } from './audit-trail.ts';
import { clientAddress, isForwardedTls } from './client-address.ts';
import { credentialOf, userOfToken } from './credentials.ts';
import { anybody, grantOf, type Principal } from './grants.ts';
import { badRequest, tooMany, type HttpRefusal } from '../http-refusal.ts';
import { hostnameOf, isLocalHost, isTrustedOrigin } from './request-origin.ts';
import type { Sessions } from './sessions.ts';
import type { Logger } from '../../../../log/log.ts';
import type { CurrentConfig } from '../current-config.ts';

const sessionOver = 'the session has ended; log in again';
const originRefused: HttpRefusal = {
  status: 403,
  code: 'ORIGIN_REFUSED',
  message: 'the request comes from a page of another site; add its origin to server.origins to allow it',
};

export function isRefusal(answer: object): answer is HttpRefusal {
  return 'status' in answer && 'code' in answer;
}

/** Checks who sends a request, and from where. HTTP requests and WebSocket upgrades pass the same checks. */
export class AccessControl {
  /** Whether this server itself speaks TLS. */
  readonly isTls: boolean;
  private readonly log: Pick<Logger, 'info'>;
  private readonly settings: CurrentConfig;
  private readonly sessions: Sessions;
  private readonly wrongTokens: AddressCounter;

  constructor(options: {
    settings: CurrentConfig;
    sessions: Sessions;
    isTls: boolean;
    wrongTokens: AddressCounter;
    log: Pick<Logger, 'info'>;
  }) {
    this.log = options.log;
    this.isTls = options.isTls;
    this.settings = options.settings;
    this.sessions = options.sessions;
    this.wrongTokens = options.wrongTokens;
  }

  /** The client's address, behind trusted proxies too. */
  addressOf(request: IncomingMessage): string {
    return clientAddress(request, this.settings.server.trustProxy);
  }

  /** Whether the client uses TLS, up to us or up to a trusted proxy. */
  isSecure(request: IncomingMessage): boolean {
    return this.isTls || isForwardedTls(request, this.settings.server.trustProxy);
  }

  /** Refuses requests with a missing or malformed Host header. Without users it also refuses other hosts' names. */
  checkHost(request: IncomingMessage): HttpRefusal | undefined {
    const hostname = hostnameOf(request);
    if (hostname === undefined) return badRequest('the Host header is missing or malformed');
    const { users, host, origins } = this.settings.server;
    if (users.length > 0 || isLocalHost(hostname, host, origins)) return undefined;
    const message = `the request is for "${hostname}", but without users this server answers only to this machine's own names`;
    return { status: 403, code: 'HOST_REFUSED', message };
  }

  /** Refuses what a page of another site sent. For requests that change something, and for upgrades. */
  checkOrigin(request: IncomingMessage): HttpRefusal | undefined {
    const hasCookie = credentialOf(request)?.kind === 'cookie';
    const { origins } = this.settings.server;
    return isTrustedOrigin(request, { isTls: this.isSecure(request), origins, hasCookie })
      ? undefined
      : originRefused;
  }

  /** Finds out who sends the request. Wrong tokens are counted by address. Cookies are not: nobody can guess one. */
  async authenticate(request: IncomingMessage): Promise<Principal | HttpRefusal> {
    if (this.settings.server.users.length === 0) return anybody;
    const credential = credentialOf(request);
    if (credential === undefined) return unauthorized(request, 'log in first');
    if (credential.kind === 'cookie') await this.sessions.adopt(credential.secret);
    if (credential.kind === 'cookie')
      return this.resume(credential.secret) ?? unauthorized(request, sessionOver);
    const user = await this.checkToken(request, credential.kind === 'token' ? credential : undefined);
    return isRefusal(user) ? user : { by: 'header', user, isAlive: () => true };
  }

  /** Checks a token. After ten wrong ones from one address it refuses every token until the minute is over. */
  async checkToken(
    request: IncomingMessage,
    credential: { readonly user: string | undefined; readonly token: string } | undefined,
  ): Promise<UserConfig | HttpRefusal> {
    const address = this.addressOf(request);
    const waitS = await this.wrongTokens.waitS(address);
    if (waitS > 0) return tooMany(waitS);
    const user = credential && userOfToken(this.settings.server.users, credential.token, credential.user);
    if (user !== undefined) return user;
    await this.wrongTokens.count(address);
    noteAudit(this.log, 'wrong token', { address, user: credential?.user, by: 'http' });
    return unauthorized(request, 'the user or the token is wrong');
  }

  private resume(secret: string): Principal | undefined {
    const user = this.sessions.use(secret);
    // A viewer uses the session without sending requests.
    const principal: Principal = {
      by: 'session',
      user,
      isAlive: () => this.sessions.use(secret) !== undefined,
    };
    // A session ends with its user, or with the token that started it.
    return grantOf(this.settings.server.users, principal) === undefined ? undefined : principal;
  }
}

function unauthorized(request: IncomingMessage, message: string): HttpRefusal {
  // On a Basic challenge browsers open their own dialog over the dashboard, but ffmpeg and VLC need that challenge.
  const isBrowser = request.headers['user-agent']?.startsWith('Mozilla/') === true;
  const challenge = isBrowser ? 'Bearer realm="chromafeed"' : 'Basic realm="chromafeed", charset="UTF-8"';
  return { status: 401, code: 'UNAUTHORIZED', message, headers: { 'WWW-Authenticate': challenge } };
}
