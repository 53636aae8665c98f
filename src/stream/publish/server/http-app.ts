import { STATUS_CODES } from 'node:http';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { AppError, type ErrorCode } from '../../../errors.ts';
import { isRefusal, type AccessControl } from './access/access-control.ts';
import { cameraRoutes } from './camera-routes.ts';
import { filmsRoutes } from './films-routes.ts';
import type { Logger } from '../../../log/log.ts';
import { loginRoutes } from './login-routes.ts';
import { pictureRoutes } from './picture-routes.ts';
import { probeRoutes } from './probe-routes.ts';
import type { PublishContext } from '../publish-context.ts';
import { badRequest, internal, notFound, refuse, tooMany, type HttpRefusal } from './http-refusal.ts';
import type { AddressCounter } from './access/address-counter.ts';
import { requireMetricsReader, requirePrincipal } from './access/request-principal.ts';
import { crossOrigin, securityHeaders } from './security-headers.ts';
import type { Sessions } from './access/sessions.ts';
import type { CurrentConfig } from './current-config.ts';

/** Faults in a camera that somebody wants to add. */
const askersFaults: readonly ErrorCode[] = ['USAGE', 'MODEL_INVALID', 'MODEL_MISMATCH'];

/** Everything served over HTTP. `docs/api.md` documents it. */
export function createHttpApp(
  context: PublishContext,
  login: { readonly access: AccessControl; readonly sessions: Sessions; readonly requests: AddressCounter },
): Express {
  const { settings, options, cameras, metrics } = context;
  const { access, sessions, requests } = login;
  const app = express();
  app.disable('x-powered-by').set('query parser', 'simple');
  if (options.peers !== undefined) app.use('/cluster', options.peers.routes);
  app.use(securityHeaders(settings, access), checkHost(access), crossOrigin(settings));
  app.use(probeRoutes(context, access));
  // One page is some sixty small files: counted, a few reloads would lock out everybody behind one address.
  for (const folder of options.dashboardDirs) {
    app.use(express.static(folder, { dotfiles: 'ignore', maxAge: 0, index: false }));
  }
  app.use(limitRequests({ settings, access, requests }), checkOrigin(access));
  app.use(loginRoutes({ access, sessions, settings, log: options.log }));

  const principal = requirePrincipal(access);
  app.use('/api', principal, (_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  app.use('/api/cameras', cameraRoutes(context, access), pictureRoutes(context, access));
  app.get('/metrics', principal, requireMetricsReader(cameras), async (_request, response) => {
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });

  app.use(filmsRoutes(context, access));

  app.get('/', async (request, response, next) => {
    if (isRefusal(await access.authenticate(request))) response.redirect(303, '/login.html');
    else next();
  });
  for (const folder of options.dashboardDirs) app.get('/', express.static(folder, { maxAge: 0 }));
  app.use((_request, response) => refuse(response, notFound));
  app.use(reportError(options.log));
  return app;
}

function checkHost(access: AccessControl): RequestHandler {
  return (request, response, next) => {
    const refusal = access.checkHost(request);
    if (refusal === undefined) next();
    else refuse(response, refusal);
  };
}

function checkOrigin(access: AccessControl): RequestHandler {
  return (request, response, next) => {
    const isReading = ['GET', 'HEAD', 'OPTIONS'].includes(request.method);
    const refusal = isReading ? undefined : access.checkOrigin(request);
    if (refusal === undefined) next();
    else refuse(response, refusal);
  };
}

function limitRequests(options: {
  readonly settings: CurrentConfig;
  readonly access: AccessControl;
  readonly requests: AddressCounter;
}): RequestHandler {
  const { settings, access, requests } = options;
  return rateLimit({
    keyGenerator: (request) => ipKeyGenerator(access.addressOf(request)),
    windowMs: 60_000,
    limit: () => settings.server.requestsPerMinute,
    standardHeaders: 'draft-7',
    legacyHeaders: false,
    store: requests,
    handler: (_request, response) => {
      refuse(response, tooMany(Number(response.getHeader('Retry-After') ?? 60)));
    },
  });
}

/** Reports the client's faults to the client and our own to the log. */
function reportError(log: Pick<Logger, 'error'>): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const refusal = refusalOf(error);
    if (refusal.status >= 500) log.error({ err: error, path: request.path }, 'a request failed');
    refuse(response, refusal);
  };
}

function refusalOf(error: unknown): HttpRefusal {
  if (error instanceof AppError) {
    return {
      status: error.code === 'MACHINE_UNAVAILABLE' ? 503 : askersFaults.includes(error.code) ? 400 : 500,
      code: error.code,
      message: error.message,
    };
  }
  // Express and its parsers set the status on their errors.
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  if (typeof status === 'number' && status >= 400 && status < 500)
    return { ...badRequest(`cannot read the request: ${STATUS_CODES[status] ?? 'malformed'}`), status };
  return internal;
}
