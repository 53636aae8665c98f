import type { IncomingMessage } from 'node:http';
import type { UserConfig } from '../../../../config/schema.ts';
import { AddressLimit } from './address-limit.ts';
import { credentialOf, userOfToken } from './credentials.ts';
import { anybody, grantOf, type Principal } from './grants.ts';
import { badRequest, tooMany, type HttpRefusal } from '../http-refusal.ts';
import { hostnameOf, isLocalHost, isTrustedOrigin } from './request-origin.ts';
import type { Sessions } from './sessions.ts';
import type { CurrentConfig } from '../current-config.ts';

const failuresPerMinute = 10;
const sessionOver = 'the session has ended; log in again';
const originRefused: HttpRefusal = {
  status: 403,
  code: 'ORIGIN_REFUSED',
  message: 'the request comes from a page of another site; server.origins lists those that may',
};

export function isRefusal(answer: object): answer is HttpRefusal {
  return 'status' in answer && 'code' in answer;
}

/** The door: who asks, and from where. HTTP requests and WebSocket upgrades go through the same checks. */
export class AccessControl {
  readonly isTls: boolean;
  private readonly settings: CurrentConfig;
  private readonly sessions: Sessions;
  private readonly failures: AddressLimit;

  constructor(options: { settings: CurrentConfig; sessions: Sessions; isTls: boolean; nowMs: () => number }) {
    this.isTls = options.isTls;
    this.settings = options.settings;
    this.sessions = options.sessions;
    this.failures = new AddressLimit(failuresPerMinute, options.nowMs);
  }

  /** Refuses requests without a readable Host header and, where nobody logs in, those meant for another host. */
  checkHost(request: IncomingMessage): HttpRefusal | undefined {
    const hostname = hostnameOf(request);
    if (hostname === undefined) return badRequest('the Host header is missing or no host');
    const { users, host, origins } = this.settings.server;
    if (users.length > 0 || isLocalHost(hostname, host, origins)) return undefined;
    const message = `the request is for "${hostname}"; without users only this machine's own names are served`;
    return { status: 403, code: 'HOST_REFUSED', message };
  }

  /** Refuses what another site's page sent; for requests that change something, and upgrades. */
  checkOrigin(request: IncomingMessage): HttpRefusal | undefined {
    const hasCookie = credentialOf(request)?.kind === 'cookie';
    const { origins } = this.settings.server;
    return isTrustedOrigin(request, { isTls: this.isTls, origins, hasCookie }) ? undefined : originRefused;
  }

  /** Finds out who asks. Wrong tokens are counted by address; a cookie is never counted, it cannot be guessed. */
  authenticate(request: IncomingMessage): Principal | HttpRefusal {
    if (this.settings.server.users.length === 0) return anybody;
    const credential = credentialOf(request);
    if (credential === undefined) return unauthorized(request, 'log in first');
    if (credential.kind === 'cookie') return this.resume(credential.secret) ?? unauthorized(request, sessionOver);
    const user = this.checkToken(request, credential.kind === 'token' ? credential : undefined);
    return isRefusal(user) ? user : { by: 'header', user, isAlive: () => true };
  }

  /** Checks a token, at most ten wrong ones a minute from one address. */
  checkToken(
    request: IncomingMessage,
    credential: { readonly user: string | undefined; readonly token: string } | undefined,
  ): UserConfig | HttpRefusal {
    const address = request.socket.remoteAddress ?? '';
    const waitS = this.failures.waitS(address);
    if (waitS > 0) return tooMany(waitS);
    const user = credential && userOfToken(this.settings.server.users, credential.token, credential.user);
    if (user !== undefined) return user;
    this.failures.count(address);
    return unauthorized(request, 'the user or the token is wrong');
  }

  private resume(secret: string): Principal | undefined {
    const user = this.sessions.use(secret);
    // Who watches uses it, without a request.
    const principal: Principal = {
      by: 'session',
      user,
      isAlive: () => this.sessions.use(secret) !== undefined,
    };
    // A session lives no longer than its user, and the token that it was begun with.
    return grantOf(this.settings.server.users, principal) === undefined ? undefined : principal;
  }
}

function unauthorized(request: IncomingMessage, message: string): HttpRefusal {
  // To a Basic challenge browsers would open a dialogue of their own over the dashboard; ffmpeg and VLC need one.
  const isBrowser = request.headers['user-agent']?.startsWith('Mozilla/') === true;
  const challenge = isBrowser ? 'Bearer realm="chromafeed"' : 'Basic realm="chromafeed", charset="UTF-8"';
  return { status: 401, code: 'UNAUTHORIZED', message, headers: { 'WWW-Authenticate': challenge } };
}
