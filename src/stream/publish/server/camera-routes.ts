import { json, Router, type Request } from 'express';
import { z } from 'zod';
import { cameraId, livelinessSchema, masksSchema, maxCameras } from '../../../config/schema.ts';
import type { AccessControl } from './access/access-control.ts';
import { noteAudit, type AuditAction } from './access/audit-trail.ts';
import type { Principal } from './access/grants.ts';
import { faultText } from '../fault-text.ts';
import type { PublishContext } from '../publish-context.ts';
import { badRequest, refuse } from './http-refusal.ts';
import { cameraOf, principalOf, requireAdmin } from './access/request-principal.ts';

const newCamera = z.looseObject({ id: cameraId });
const newMasks = z.strictObject({ masks: masksSchema });
const newLiveliness = z.strictObject({ liveliness: livelinessSchema });

/** Lists, adds, removes, pauses, resumes and masks cameras, and sets their colour. Comes after `requirePrincipal`. */
export function cameraRoutes({ cameras, options }: PublishContext, access: AccessControl): Router {
  const router = Router();
  const note = (request: Request, action: AuditAction, camera: string): void =>
    noteAudit(options.log, action, {
      address: access.addressOf(request),
      user: principalOf(request).user?.name,
      camera,
    });
  const admin = requireAdmin(cameras);
  const statuses = (principal: Principal): unknown => ({
    cameras: cameras.feeds(principal).map(({ status }) => status),
  });

  router.get('/', (request, response) => {
    response.json(statuses(principalOf(request)));
  });

  router.post('/', admin, json({ limit: '64kb' }), async (request, response) => {
    const body = newCamera.safeParse(request.body);
    if (!body.success) {
      refuse(response, badRequest(`camera: ${faultText(newCamera, request.body, body.error)}`));
      return;
    }
    const { id, ...settings } = body.data;
    if (options.cameras.feed(id) !== undefined) {
      refuse(response, { status: 409, code: 'EXISTS', message: `the camera "${id}" already exists` });
      return;
    }
    if (options.cameras.feeds.length >= maxCameras) {
      const message = `there are ${maxCameras} cameras, which is the limit; remove one first`;
      refuse(response, { status: 409, code: 'TOO_MANY_CAMERAS', message });
      return;
    }
    await options.cameras.add(id, settings);
    note(request, 'camera added', id);
    const text = `the camera is kept beside ${options.configPath ?? 'the config file'}, which is not changed`;
    response.status(201).location(`/api/cameras/${id}`).json({ id, note: text });
  });

  router.get('/:id', (request, response) => {
    const feed = cameraOf(request, response, cameras);
    if (feed !== undefined) response.json(feed.status);
  });

  const actions = {
    pause: { act: (id: string) => options.cameras.pause(id), audit: 'camera paused' },
    resume: { act: (id: string) => options.cameras.resume(id), audit: 'camera resumed' },
  } as const;
  for (const [name, { act, audit }] of Object.entries(actions))
    router.post<{ id: string }>(`/:id/${name}`, admin, async (request, response) => {
      const feed = cameraOf(request, response, cameras);
      if (feed === undefined) return;
      await act(feed.id);
      note(request, audit, feed.id);
      response.json(options.cameras.feed(feed.id)?.status ?? feed.status);
    });

  const settings = {
    masks: { schema: newMasks, limit: '64kb', audit: 'masks set' },
    liveliness: { schema: newLiveliness, limit: '1kb', audit: 'liveliness set' },
  } as const;
  for (const name of ['masks', 'liveliness'] as const) {
    const { schema, limit, audit } = settings[name];
    router.get<{ id: string }>(`/:id/${name}`, admin, (request, response) => {
      const feed = cameraOf(request, response, cameras);
      if (feed !== undefined) response.json({ [name]: options.cameras.overridable(feed.id)[name] });
    });

    router.put<{ id: string }>(`/:id/${name}`, admin, json({ limit }), async (request, response) => {
      const feed = cameraOf(request, response, cameras);
      if (feed === undefined) return;
      const body = schema.safeParse(request.body);
      if (!body.success) {
        refuse(response, badRequest(faultText(schema, request.body, body.error)));
        return;
      }
      await options.cameras.override(feed.id, body.data);
      note(request, audit, feed.id);
      response.json(body.data);
    });
  }

  router.delete<{ id: string }>('/:id', admin, async (request, response) => {
    const feed = cameraOf(request, response, cameras);
    if (feed === undefined) return;
    await options.cameras.remove(feed.id);
    note(request, 'camera removed', feed.id);
    response.status(204).end();
  });
  return router;
}
