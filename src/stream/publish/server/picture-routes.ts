import { Router, type Request, type Response } from 'express';
import { filter, firstValueFrom, fromEvent, map, race, take, tap, timer } from 'rxjs';
import { z } from 'zod';
import type { EncodedPicture } from '../../live/camera-feed.ts';
import { syntheticXmp } from '../../synthetic-mark.ts';
import { withSegment, xmpSegment } from '../jpeg-xmp.ts';
import { cameraMark } from '../camera-mark.ts';
import { MjpegViewer, mjpegType } from '../viewers/mjpeg-viewer.ts';
import type { PublishContext } from '../publish-context.ts';
import { badRequest, refuse } from './http-refusal.ts';
import { faultText, numbersIn } from '../fault-text.ts';
import type { AccessControl } from './access/access-control.ts';
import { cameraOf, principalOf } from './access/request-principal.ts';
import { tooManyViewers } from '../viewers/too-many-viewers.ts';
import { requestedJpegs$ } from '../viewers/requested-jpegs.ts';
import { wallTimeOf } from '../../live/epoch.ts';

/** How long a snapshot waits for a picture with the lines that were asked for, ms. */
const snapshotMs = 5000;

const heightPx = z.int().min(16).max(8640).optional();
const snapshotQuery = z.object({ height: heightPx });
const mjpegQuery = z.object({ height: heightPx, fps: z.number().min(0.1).max(240).optional() });

/** Single pictures and MJPEG. Comes after `requirePrincipal`. */
export function pictureRoutes(context: PublishContext, access: AccessControl): Router {
  const router = Router();
  router.get('/:id/snapshot.jpg', (request, response) => sendSnapshot(context, request, response));
  router.get('/:id/mjpeg', (request, response) => {
    const principal = principalOf(request);
    const feed = cameraOf(request, response, context.cameras);
    if (feed === undefined) return;
    const query = mjpegQuery.safeParse(numbersIn(request.query));
    const full = tooManyViewers(context);
    if (!query.success)
      refuse(response, badRequest(faultText(mjpegQuery, numbersIn(request.query), query.error)));
    else if (request.method === 'HEAD') {
      // A response to HEAD has no body, so it would never end by itself.
      response.type(mjpegType).set('Cache-Control', 'no-store').end();
    } else if (full !== undefined) refuse(response, full);
    else {
      const pictures = { camera: feed.id, heightPx: query.data.height, fps: query.data.fps };
      const viewer = new MjpegViewer({
        context,
        principal,
        request: pictures,
        response,
        address: access.addressOf(request),
      });
      context.hub.add(viewer);
      response.once('close', () => context.hub.delete(viewer));
    }
  });
  return router;
}

async function sendSnapshot(
  context: PublishContext,
  request: Request<{ id: string }>,
  response: Response,
): Promise<void> {
  const { cameras, settings, options } = context;
  const principal = principalOf(request);
  const feed = cameraOf(request, response, cameras);
  if (feed === undefined) return;
  const query = snapshotQuery.safeParse(numbersIn(request.query));
  if (!query.success) {
    refuse(response, badRequest(faultText(snapshotQuery, numbersIn(request.query), query.error)));
    return;
  }
  const picturesAsked = { camera: feed.id, heightPx: query.data.height, isForStrangers: false };
  const nothing$ = race(timer(snapshotMs), fromEvent(response, 'close')).pipe(map(() => undefined));
  let reduced: EncodedPicture | undefined;
  const pictures$ = requestedJpegs$({ cameras, settings, principal }, picturesAsked).pipe(
    filter((each) => each !== undefined),
    tap((each) => (reduced = each)),
    filter(({ isReduced }) => isReduced !== true),
  );
  const whole = await firstValueFrom(race(pictures$, nothing$).pipe(take(1)), { defaultValue: undefined });
  const picture = whole ?? reduced;
  if (response.destroyed) return;
  if (picture === undefined) {
    const message = `camera "${feed.id}" has no picture yet`;
    refuse(response, { status: 503, code: 'NO_PICTURE', message, headers: { 'Retry-After': '2' } });
    return;
  }
  const xmp = xmpSegment(syntheticXmp(cameraMark(feed, options.mark)));
  const parts = picture.isOwnColor === true ? [picture.jpeg] : withSegment(picture.jpeg, xmp);
  response.set({ 'Content-Type': 'image/jpeg', 'Cache-Control': 'no-store' });
  response.set('Content-Disposition', `inline; filename="${feed.id}.jpg"`);
  response.set('X-Captured-Ms', wallTimeOf(picture.capturedMs).toFixed(1));
  response.send(Buffer.concat(parts));
}
