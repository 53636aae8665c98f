import type { Request, RequestHandler, Response } from 'express';
import { cameraId } from '../../../../config/schema.ts';
import { isRefusal, type AccessControl } from './access-control.ts';
import type { CameraFeed } from '../../../live/camera-feed.ts';
import type { Principal } from './grants.ts';
import { noSuchCamera, refuse, type HttpRefusal } from '../http-refusal.ts';
import type { VisibleCameras } from './visible-cameras.ts';

/** Who sent each request; `requirePrincipal` fills it. */
const principals = new WeakMap<Request, Principal>();

/** Middleware: refuses requests without a valid login. For every route that shows or changes cameras. */
export function requirePrincipal(access: AccessControl): RequestHandler {
  return async (request, response, next) => {
    const principal = await access.authenticate(request);
    if (isRefusal(principal)) {
      refuse(response, principal);
      return;
    }
    principals.set(request, principal);
    next();
  };
}

const administratorsOnly = 'only administrators may do this';
const readOnly =
  'without users in the config the API changes nothing; `chromafeed token` makes a user, who needs admin: true';

/** Lets only administrators pass, and nobody where no users are configured; behind `requirePrincipal`. */
export function requireAdmin(cameras: VisibleCameras): RequestHandler {
  return (request, response, next) => {
    const principal = principalOf(request);
    if (cameras.grant(principal)?.isAdmin === true) next();
    else refuse(response, forbidden(principal.by === 'open' ? readOnly : administratorsOnly));
  };
}

/** Lets those pass who may read metrics: administrators, and everybody where no users are configured. */
export function requireMetricsReader(cameras: VisibleCameras): RequestHandler {
  return (request, response, next) => {
    if (cameras.grant(principalOf(request))?.mayReadMetrics === true) next();
    else refuse(response, forbidden(administratorsOnly));
  };
}

function forbidden(message: string): HttpRefusal {
  return { status: 403, code: 'FORBIDDEN', message };
}

/** Who sent the request. Works only after `requirePrincipal`. */
export function principalOf(request: Request): Principal {
  const principal = principals.get(request);
  if (principal === undefined) throw new TypeError('requirePrincipal must run before this route');
  return principal;
}

/**
 * The camera of a route with `:id`. Works only after `requirePrincipal`.
 * @returns undefined if the camera does not exist for this user; the response has been sent then
 */
export function cameraOf(
  request: Request<{ id: string }>,
  response: Response,
  cameras: VisibleCameras,
): CameraFeed | undefined {
  const id = cameraId.safeParse(request.params.id);
  const feed = id.success ? cameras.feed(principalOf(request), id.data) : undefined;
  if (feed === undefined) refuse(response, noSuchCamera(request.params.id));
  return feed;
}
