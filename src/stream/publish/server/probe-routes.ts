import { setTimeout as delay } from 'node:timers/promises';
import { Router } from 'express';
import { isRefusal, type AccessControl } from './access/access-control.ts';
import type { PublishContext } from '../publish-context.ts';

/** If a timer fires this late, the process is too busy to serve anybody well. */
const lateMs = 1000;
const probeMs = 10;

/** Health checks. They need no login, so they give no details. */
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
  router.get('/readyz', async (request, response) => {
    const { ok, why } = options.isReady();
    const isKnown = !isRefusal(await access.authenticate(request));
    response
      .status(ok ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json(isKnown ? { ok, why } : { ok });
  });
  return router;
}
