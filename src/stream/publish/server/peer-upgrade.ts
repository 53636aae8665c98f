import type { IncomingMessage } from 'node:http';
import { cameraId } from '../../../config/schema.ts';
import { notSigned, peerSocketsAtMost } from '../peer-access.ts';
import type { PublishContext, ViewerContext } from '../publish-context.ts';
import { OriginalViewer } from '../viewers/original-viewer.ts';
import type { Peer } from '../viewers/hub.ts';
import { Viewer } from '../viewers/viewer.ts';
import type { Principal } from './access/grants.ts';
import { VisibleCameras } from './access/visible-cameras.ts';
import { noSuchCamera, notFound, type HttpRefusal } from './http-refusal.ts';

const full: HttpRefusal = {
  status: 503,
  code: 'TOO_MANY_VIEWERS',
  message: 'too many connections of other machines',
  headers: { 'Retry-After': '10' },
};

/**
 * A WebSocket of another machine is a viewer with the usual bounds. It sees only what runs on this machine:
 * `/cluster/states` the states of all cameras, `/cluster/watch/ID` one camera, `/cluster/original/ID` its original.
 */
export function examinePeer(
  request: IncomingMessage,
  context: PublishContext,
): { readonly principal: Principal; readonly make: (context: ViewerContext) => Peer } | HttpRefusal {
  const { options, hub, settings } = context;
  const { peers } = options;
  if (peers === undefined) return notFound;
  const machine = peers.admit(request);
  if (machine === undefined) return notSigned;
  if (hub.peers >= peerSocketsAtMost) return full;
  const cameras = new VisibleCameras(peers.cameras, settings);
  const url = new URL(request.url ?? '', 'http://machine');
  const [, , kind, name] = url.pathname.split('/');
  const principal = (id?: string): Principal => ({
    by: 'peer',
    user: undefined,
    isAlive: () => true,
    onlyCamera: id,
  });
  if (kind === 'states')
    return { principal: principal(), make: (viewer) => new Viewer({ ...viewer, cameras }) };
  const id = cameraId.safeParse(name).data ?? '';
  const feed = peers.cameras.feed(id);
  if (feed === undefined) return noSuchCamera(name ?? '');
  const isForStrangers = url.searchParams.has('marked');
  if (kind === 'watch')
    return { principal: principal(id), make: (viewer) => new Viewer({ ...viewer, cameras, isForStrangers }) };
  if (kind === 'original' && options.originalOf(feed) !== undefined)
    return { principal: principal(id), make: (viewer) => new OriginalViewer({ ...viewer, cameras }, id) };
  return notFound;
}
