import { Router, type Response } from 'express';
import { AppError } from '../../../errors.ts';
import type { FilmsView } from '../films-view.ts';
import type { PublishContext } from '../publish-context.ts';
import { isRefusal, type AccessControl } from './access/access-control.ts';
import { requireMetricsReader, requirePrincipal } from './access/request-principal.ts';
import { refuse } from './http-refusal.ts';

/** The queue of films as a page and as JSON, for those who may read metrics. Without a queue there is nothing. */
export function filmsRoutes({ options, cameras }: PublishContext, access: AccessControl): Router {
  const router = Router();
  const { films } = options;
  if (films === undefined) return router;
  router.get('/films', async (request, response, next) => {
    if (isRefusal(await access.authenticate(request))) response.redirect(303, '/login.html');
    else next();
  });
  const mayRead = [requirePrincipal(access), requireMetricsReader(cameras)];
  router.get('/films', ...mayRead, (_request, response) => send(response, 'html', () => films.page()));
  router.get('/films.json', ...mayRead, (_request, response) => send(response, 'json', () => films.json()));
  return router;
}

async function send(response: Response, type: 'html' | 'json', read: FilmsView['page']): Promise<void> {
  response.set('Cache-Control', 'no-store');
  try {
    response.type(type).send(await read());
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'QUEUE_UNAVAILABLE') throw error;
    refuse(response, { status: 503, code: error.code, message: error.message });
  }
}
