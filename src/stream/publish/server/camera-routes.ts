import { json, Router } from 'express';
import { z } from 'zod';
import { cameraId } from '../../../config/schema.ts';
import type { Principal } from './access/grants.ts';
import type { PublishContext } from '../publish-context.ts';
import { badRequest, refuse } from './http-refusal.ts';
import { cameraOf, principalOf, requireAdmin } from './access/request-principal.ts';

const newCamera = z.looseObject({ id: cameraId });

/** Lists, adds, removes, pauses and resumes cameras. Comes after `requirePrincipal`. */
export function cameraRoutes({ cameras, options }: PublishContext): Router {
  const router = Router();
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
      refuse(response, badRequest(`expected a JSON object with an id: ${z.prettifyError(body.error)}`));
      return;
    }
    const { id, ...settings } = body.data;
    if (options.cameras.feed(id) !== undefined) {
      refuse(response, { status: 409, code: 'EXISTS', message: `the camera "${id}" already exists` });
      return;
    }
    await options.cameras.add(id, settings);
    const note = `the camera exists until the program ends; add it to ${options.configPath ?? 'the config file'} to keep it`;
    response.status(201).location(`/api/cameras/${id}`).json({ id, note });
  });

  router.get('/:id', (request, response) => {
    const feed = cameraOf(request, response, cameras);
    if (feed !== undefined) response.json(feed.status);
  });

  const actions = {
    pause: (id: string) => options.cameras.pause(id),
    resume: (id: string) => options.cameras.resume(id),
  };
  for (const [name, act] of Object.entries(actions))
    router.post<{ id: string }>(`/:id/${name}`, admin, async (request, response) => {
      const feed = cameraOf(request, response, cameras);
      if (feed === undefined) return;
      await act(feed.id);
      response.json(options.cameras.feed(feed.id)?.status ?? feed.status);
    });

  router.delete<{ id: string }>('/:id', admin, async (request, response) => {
    const feed = cameraOf(request, response, cameras);
    if (feed === undefined) return;
    await options.cameras.remove(feed.id);
    response.status(204).end();
  });
  return router;
}
