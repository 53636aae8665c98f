import { json, Router, urlencoded, type Request, type Response } from 'express';
import { z } from 'zod';
import type { Logger } from '../../../log/log.ts';
import { isRefusal, type AccessControl } from './access/access-control.ts';
import { noteAudit } from './access/audit-trail.ts';
import { cookieName, credentialOf } from './access/credentials.ts';
import { iconPath } from './dashboard-files.ts';
import { loginCss, loginPage } from './login-page.ts';
import { badRequest, refuse, type HttpRefusal } from './http-refusal.ts';
import { kioskLife, sessionLife, type Sessions } from './access/sessions.ts';
import type { CurrentConfig } from './current-config.ts';

const loginForm = z.strictObject({
  user: z.string().max(64).optional(),
  token: z.string().min(1).max(512),
  /** The session of a wall display lasts longer. */
  kiosk: z.boolean().optional(),
});

/** Login and logout by form or JSON. The session is a cookie. */
export function loginRoutes(options: {
  access: AccessControl;
  sessions: Sessions;
  settings: CurrentConfig;
  log: Pick<Logger, 'info'>;
}): Router {
  const { access, sessions, settings, log } = options;
  const router = Router();
  const cookie = (request: Request) =>
    ({ httpOnly: true, sameSite: 'strict', secure: access.isSecure(request), path: '/' }) as const;

  router.get('/login.html', (_request, response) => sendPage(response, 200, {}));
  router.get('/login.css', (_request, response) => {
    response.type('css').send(loginCss);
  });
  router.get('/icon.svg', (_request, response) => {
    response.sendFile(iconPath);
  });

  const bodies = [json({ limit: '4kb' }), urlencoded({ limit: '4kb', extended: false })];
  router.post('/login', bodies, async (request: Request, response: Response) => {
    if (settings.server.users.length === 0) {
      answer(request, response);
      return;
    }
    const form = loginForm.safeParse(request.body);
    const user = form.success
      ? await access.checkToken(request, { user: form.data.user, token: form.data.token })
      : badRequest('expected the fields `user` and `token`');
    if (isRefusal(user)) {
      refuseLogin(request, response, user);
      return;
    }
    const life = form.data?.kiosk === true ? kioskLife : sessionLife;
    response.cookie(cookieName, sessions.start(user, life), { ...cookie(request), maxAge: life.endsMs });
    noteAudit(log, 'signed in', { address: access.addressOf(request), user: user.name });
    answer(request, response);
  });

  router.post('/logout', (request, response) => {
    const credential = credentialOf(request);
    if (credential?.kind === 'cookie') {
      const user = sessions.use(credential.secret);
      sessions.end(credential.secret);
      if (user !== undefined)
        noteAudit(log, 'signed out', { address: access.addressOf(request), user: user.name });
      settings.announce();
    }
    response.clearCookie(cookieName, cookie(request));
    if (isForm(request) || request.accepts(['json', 'html']) === 'html')
      response.redirect(303, '/login.html');
    else response.status(204).end();
  });
  return router;
}

function answer(request: Request, response: Response): void {
  if (isForm(request)) response.redirect(303, '/');
  else response.status(204).end();
}

function refuseLogin(request: Request, response: Response, refusal: HttpRefusal): void {
  if (!isForm(request)) {
    refuse(response, refusal);
    return;
  }
  response.set(refusal.headers ?? {});
  const name = (request.body as { user?: unknown } | undefined)?.user;
  sendPage(response, refusal.status, {
    fault: refusal.message,
    user: typeof name === 'string' ? name.slice(0, 64) : '',
  });
}

function sendPage(response: Response, status: number, page: { fault?: string; user?: string }): void {
  response
    .status(status)
    .set('Cache-Control', 'no-store')
    .type('html')
    .send(loginPage(page.fault, page.user));
}

function isForm(request: Request): boolean {
  return request.is('urlencoded') === 'urlencoded';
}
