import { setTimeout as delay } from 'node:timers/promises';
import { Router } from 'express';
import { isRefusal, type AccessControl } from './access/access-control.ts';
import type { PublishContext } from '../publish-context.ts';

/** A timer that fires so much too late means that nobody is served well. */
const lateMs = 1000;
const probeMs = 10;

/** For whoever starts and watches the program; no login, and so no details. */
export function probeRoutes({ options }: PublishContext, access: AccessControl): Router {
  const router = Router();
  router.get('/healthz', async (_request, response) => {
    const startMs = performance.now();
    await delay(probeMs);
    const loopLateMs = Math.max(Math.round(performance.now() - startMs - probeMs), 0);
    const ok = loopLateMs < lateMs;
    response
      .status(ok ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json({ ok, loopLateMs });
  });
  router.get('/readyz', (request, response) => {
    const { ok, why } = options.isReady();
    const isKnown = !isRefusal(access.authenticate(request));
    response
      .status(ok ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json(isKnown ? { ok, why } : { ok });
  });
  return router;
}
