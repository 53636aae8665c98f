import { setTimeout as delay } from 'node:timers/promises';
import { AddressCounter } from './access/address-counter.ts';
import { isTrusted } from './access/client-address.ts';
import { AccessControl } from './access/access-control.ts';
import type { Principal } from './access/grants.ts';
import { createHttpApp } from './http-app.ts';
import { Hub, type ViewerReport } from '../viewers/hub.ts';
import { Listener } from './listener.ts';
import { epochMs } from '../../live/epoch.ts';
import type { PublishContext } from '../publish-context.ts';
import type { PublisherOptions } from '../publisher-options.ts';
import { peerSocketsAtMost } from '../peer-access.ts';
import { RefusedConnections } from './refused-connections.ts';
import { SessionFile, type StoredSession } from './access/session-file.ts';
import { Sessions } from './access/sessions.ts';
import { CurrentConfig, type PublishConfig } from './current-config.ts';
import { readTlsFiles, type TlsFiles } from './tls-files.ts';
import { serveUpgrades } from './upgrade.ts';
import { viewerLimits } from '../viewers/viewer-limits.ts';
import { VisibleCameras } from './access/visible-cameras.ts';

/** The server for dashboards, players and programs. Disposal cuts all connections and resolves when they are gone. */
export interface Publisher extends AsyncDisposable {
  /** `http://127.0.0.1:8600/` */
  readonly url: string;
  readonly port: number;
  readonly viewers: readonly ViewerReport[];
  /**
   * Applies a changed config. Users, origins, limits and TLS files change immediately; viewers stay connected and lose the
   * cameras that they may no longer see. A changed address, or TLS turned on or off, needs a restart; the log says so.
   * @throws {AppError} USAGE if the TLS files cannot be used; nothing has changed then
   */
  update(config: PublishConfig): Promise<void>;
  /**
   * Shuts down in order: accepts no new connections, tells viewers (1001), finishes running requests.
   * @param deadlineMs - connections that are still open then are cut
   */
  drain(deadlineMs: number): Promise<void>;
}

/**
 * Opens the server.
 * @throws {AppError} USAGE if the address is taken or the TLS files cannot be used
 */
export async function openPublisher(options: PublisherOptions): Promise<Publisher> {
  const tls = await readTlsFiles(options.server.tls);
  const { sessionFile, log } = options;
  const stored = sessionFile === undefined ? [] : await SessionFile.load(sessionFile, log);
  const publisher = new HttpPublisher(options, { settings: new CurrentConfig(options), tls, stored });
  try {
    await publisher.listen();
  } catch (error) {
    await publisher[Symbol.asyncDispose]();
    throw error;
  }
  return publisher;
}

class HttpPublisher implements Publisher {
  private readonly options: PublisherOptions;
  private readonly settings: CurrentConfig;
  private readonly hub: Hub;
  private readonly listener: Listener;
  private readonly refused: RefusedConnections;
  private readonly sessionFile: SessionFile | undefined;

  constructor(
    options: PublisherOptions,
    parts: {
      readonly settings: CurrentConfig;
      readonly tls: TlsFiles | undefined;
      readonly stored: readonly StoredSession[];
    },
  ) {
    const { settings, tls } = parts;
    const { metrics, nowMs = epochMs } = options;
    const limits = { ...viewerLimits, ...options.limits };
    this.options = options;
    this.settings = settings;
    const cameras = new VisibleCameras(options.cameras, settings);
    const isPermitted = (principal: Principal): boolean => cameras.grant(principal) !== undefined;
    this.hub = new Hub({ sweepMs: limits.sweepMs, metrics, isPermitted });
    const context: PublishContext = { options, metrics, settings, cameras, hub: this.hub, limits, nowMs };
    const sessions = new Sessions({
      nowMs,
      stored: parts.stored,
      onChange: () => this.sessionFile?.save(),
      shared: options.sharedSessions,
    });
    options.sharedSessions?.onEnd((key) => {
      sessions.endKey(key);
      settings.announce();
    });
    const path = options.sessionFile;
    this.sessionFile =
      path === undefined ? undefined : new SessionFile({ path, log: options.log, read: () => sessions.all });
    const wrongTokens = options.wrongTokens ?? new AddressCounter({ limit: limits.wrongTokensPerMinute });
    const access = new AccessControl({
      settings,
      sessions,
      isTls: tls !== undefined,
      wrongTokens,
      log: options.log,
    });
    const requests = new AddressCounter({ limit: Infinity }); // express-rate-limit knows the limit of the moment
    const app = createHttpApp(context, { access, sessions, requests });
    this.refused = new RefusedConnections({ server: 'http', metrics, log: options.log });
    this.listener = new Listener({
      onRequest: app,
      tls,
      maxPerAddress: limits.connectionsPerAddress,
      isProxy: (address) =>
        isTrusted(address, settings.server.trustProxy) || options.peers?.isPeerAddress(address) === true,
      spare: options.peers === undefined ? 0 : peerSocketsAtMost,
      onRefused: (address, reason) => this.refused.note(address, reason),
    });
    serveUpgrades(this.listener.server, context, access);
  }

  async listen(): Promise<void> {
    const { host, port, maxViewers } = this.settings.server;
    this.listener.limitConnections(maxViewers);
    await this.listener.listen(host, port);
    this.options.log.info({ url: this.url }, 'listening');
  }

  get url(): string {
    return this.listener.url;
  }

  get port(): number {
    return this.listener.port;
  }

  get viewers(): readonly ViewerReport[] {
    return this.hub.reports;
  }

  async update(config: PublishConfig): Promise<void> {
    const { server } = config;
    const old = this.settings.server;
    const isOtherTls = (server.tls === undefined) !== (old.tls === undefined);
    const tls = isOtherTls ? undefined : await readTlsFiles(server.tls);
    if (isOtherTls || server.host !== old.host || server.port !== old.port)
      this.options.log.warn(
        {},
        'changes of server.host and server.port, and turning TLS on or off, need a restart',
      );
    if (tls !== undefined) this.listener.useTls(tls);
    this.listener.limitConnections(server.maxViewers);
    this.settings.replace(config);
  }

  async drain(deadlineMs: number): Promise<void> {
    const closed = this.listener.close();
    this.hub.closeAll(1001, 'the server is going away');
    const deadline = new AbortController();
    const late = delay(deadlineMs, undefined, { signal: deadline.signal }).catch(() => undefined);
    await Promise.race([closed, late]);
    deadline.abort();
    await this[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hub[Symbol.dispose]();
    await this.sessionFile?.[Symbol.asyncDispose]();
    this.refused[Symbol.dispose]();
    await this.listener[Symbol.asyncDispose]();
  }
}
