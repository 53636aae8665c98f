import type { Request, RequestHandler, Response } from 'express';
import { cameraId } from '../../../../config/schema.ts';
import { isRefusal, type AccessControl } from './access-control.ts';
import type { CameraFeed } from '../../../live/camera-feed.ts';
import type { Principal } from './grants.ts';
import { noSuchCamera, refuse, type HttpRefusal } from '../http-refusal.ts';
import type { VisibleCameras } from './visible-cameras.ts';

/** Who sent a request, found out once by `requirePrincipal`. */
const principals = new WeakMap<Request, Principal>();

/** Lets nobody pass without rights; for all that shows or changes cameras. */
export function requirePrincipal(access: AccessControl): RequestHandler {
  return (request, response, next) => {
    const principal = access.authenticate(request);
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

/** Behind `requirePrincipal`. */
export function principalOf(request: Request): Principal {
  const principal = principals.get(request);
  if (principal === undefined) throw new TypeError('requirePrincipal has to come before this route');
  return principal;
}

/**
 * The camera of a route with `:id`; behind `requirePrincipal`.
 * @returns undefined when it does not exist for the asker, who has been answered then
 */
export function cameraOf(
  request: Request<{ id: string }>,
  response: Response,
  cameras: VisibleCameras,
  principal: Principal,
): CameraFeed | undefined {
  const id = cameraId.safeParse(request.params.id);
  const feed = id.success ? cameras.feed(principal, id.data) : undefined;
  if (feed === undefined) refuse(response, noSuchCamera(request.params.id));
  return feed;
}
