import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { cameraId } from '../../../config/schema.ts';
import { AddressCounter } from './access/address-counter.ts';
import { isRefusal, type AccessControl } from './access/access-control.ts';
import type { Principal } from './access/grants.ts';
import type { Peer } from '../viewers/hub.ts';
import { peerPath } from '../peer-access.ts';
import { examinePeer } from './peer-upgrade.ts';
import { OriginalViewer } from '../viewers/original-viewer.ts';
import type { PublishContext, ViewerContext } from '../publish-context.ts';
import { badRequest, internal, noSuchCamera, notFound, refuseUpgrade, tooMany } from './http-refusal.ts';
import type { HttpRefusal } from './http-refusal.ts';
import { Viewer } from '../viewers/viewer.ts';
import { tooManyViewers } from '../viewers/too-many-viewers.ts';

const maxMessageBytes = 16_384;

const goingAway: HttpRefusal = { status: 503, code: 'GOING_AWAY', message: 'the server is going away' };

/** Makes a viewer for a socket. */
type Maker = (context: ViewerContext) => Peer;
type Admitted = { readonly principal: Principal; readonly make: Maker };

/** Turns upgrade requests into viewers: `/ws` for dashboards, `/original/ID` for jsmpeg players. */
export function serveUpgrades(server: Server, context: PublishContext, access: AccessControl): void {
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
  });
  const upgrades = new AddressCounter({ limit: context.limits.upgradesPerMinute });

  server.on('upgrade', (request: IncomingMessage, tcp: Duplex, head: Buffer) => {
    tcp.on('error', () => tcp.destroy());
    void answerUpgrade(request, tcp, head);
  });

  async function answerUpgrade(request: IncomingMessage, tcp: Duplex, head: Buffer): Promise<void> {
    if (request.url?.startsWith(peerPath) === true) {
      answer(request, tcp, head, server.listening ? examinePeer(request, context) : goingAway);
      return;
    }
    const address = access.addressOf(request);
    const waitS = await upgrades.waitS(address);
    await upgrades.count(address);
    const refusal = waitS > 0 ? tooMany(waitS) : server.listening ? undefined : goingAway;
    answer(request, tcp, head, refusal ?? (await examineSafely(request, context, access)));
  }

  function answer(request: IncomingMessage, tcp: Duplex, head: Buffer, result: Admitted | HttpRefusal): void {
    if (tcp.destroyed) return;
    if (isRefusal(result)) {
      refuseUpgrade(tcp, result);
      return;
    }
    const { make, principal } = result;
    const address = access.addressOf(request);
    webSockets.handleUpgrade(request, tcp, head, (socket) => {
      welcome(socket, make, { ...context, socket, tcp, address, principal });
    });
  }
}

/** Ends the request on a defect: nothing above the listener would catch the error. */
async function examineSafely(
  request: IncomingMessage,
  context: PublishContext,
  access: AccessControl,
): Promise<Admitted | HttpRefusal> {
  try {
    return await examine(request, context, access);
  } catch (err) {
    context.options.log.error({ err, path: request.url }, 'a WebSocket upgrade failed');
    return internal;
  }
}

async function examine(
  request: IncomingMessage,
  context: PublishContext,
  access: AccessControl,
): Promise<Admitted | HttpRefusal> {
  if (request.headers.upgrade?.toLowerCase() !== 'websocket')
    return badRequest('this server upgrades to WebSocket only');
  const principal =
    access.checkHost(request) ?? access.checkOrigin(request) ?? (await access.authenticate(request));
  if (isRefusal(principal)) return principal;
  const full = tooManyViewers(context);
  if (full !== undefined) return full;
  const [path = ''] = (request.url ?? '').split('?');
  if (path === '/ws') return { principal, make: (viewer) => new Viewer(viewer) };
  const [, name] = /^\/original\/([^/]{1,64})$/.exec(path) ?? [];
  if (name === undefined) return notFound;
  const id = cameraId.safeParse(name);
  const feed = id.success ? context.cameras.feed(principal, id.data) : undefined;
  if (feed === undefined || context.options.originalOf(feed) === undefined) return noSuchCamera(name);
  return { principal, make: (viewer) => new OriginalViewer(viewer, feed.id) };
}

function welcome(socket: WebSocket, make: Maker, context: ViewerContext): void {
  const { hub, address, principal, options } = context;
  const who = { address, user: principal.user?.name };
  socket.on('error', (error) =>
    options.log.debug({ ...who, err: error }, 'a viewer sent malformed WebSocket data'),
  );
  const peer = make(context);
  hub.add(peer);
  options.log.info({ ...who, kind: peer.report.kind }, 'viewer connected');
  socket.once('close', (code) => {
    hub.delete(peer);
    options.log.info({ ...who, code }, 'viewer disconnected');
  });
}
