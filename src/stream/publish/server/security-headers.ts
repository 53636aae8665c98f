import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { foreignOrigin, hostnameOf } from './access/request-origin.ts';
import type { CurrentConfig } from './current-config.ts';

/** Header fields that keep the dashboard's page from loading, sending or being shown in what it should not. */
export function securityHeaders(settings: CurrentConfig, isTls: boolean): RequestHandler {
  const frameAncestors = (): string => settings.server.origins.map((url) => new URL(url).origin).join(' ');
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'blob:', 'data:'],
        mediaSrc: ["'self'", 'blob:'],
        // Older Safari does not count the WebSocket of the same host as 'self'.
        connectSrc: ["'self'", (request) => ownWebSocket(request, isTls)],
        frameAncestors: ["'self'", frameAncestors],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        objectSrc: ["'none'"],
      },
    },
    // A browser that is told to send no referrer sends `Origin: null` with the login form.
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: isTls && { maxAge: 15_552_000, includeSubDomains: false },
    // Superseded by frame-ancestors, which knows more than one origin.
    xFrameOptions: false,
  });
}

/** Lets pages of `server.origins` call the API and show pictures; answers their preflight requests. */
export function crossOrigin(settings: CurrentConfig): RequestHandler {
  return (request, response, next) => {
    const origin = foreignOrigin(request, settings.server.origins);
    response.vary('Origin');
    if (origin === undefined) {
      next();
      return;
    }
    response.set({
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Allow-Credentials': 'true',
      'Cross-Origin-Resource-Policy': 'cross-origin',
    });
    if (request.method !== 'OPTIONS') {
      next();
      return;
    }
    response.set({
      'Access-Control-Allow-Methods': 'GET, POST, DELETE',
      'Access-Control-Allow-Headers': 'Authorization, Content-Type',
      'Access-Control-Max-Age': '600',
    });
    response.status(204).end();
  };
}

function ownWebSocket(request: IncomingMessage, isTls: boolean): string {
  // Only what reads as a host may go into the policy.
  return hostnameOf(request) === undefined
    ? "'self'"
    : `${isTls ? 'wss' : 'ws'}://${request.headers.host ?? ''}`;
}
