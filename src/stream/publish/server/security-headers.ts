import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import type { AccessControl } from './access/access-control.ts';
import { foreignOrigin, hostnameOf } from './access/request-origin.ts';
import type { CurrentConfig } from './current-config.ts';

/** Response headers that restrict what the dashboard may load, where it may send data, and who may frame it. */
export function securityHeaders(settings: CurrentConfig, access: AccessControl): RequestHandler {
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
        // In older Safari 'self' does not include the WebSocket of the same host.
        connectSrc: ["'self'", (request) => ownWebSocket(request, access.isSecure(request))],
        frameAncestors: ["'self'", frameAncestors],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        objectSrc: ["'none'"],
      },
    },
    // With `no-referrer`, browsers send `Origin: null` with the login form.
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: access.isTls && { maxAge: 15_552_000, includeSubDomains: false },
    // `frame-ancestors` replaces it and allows several origins.
    xFrameOptions: false,
  });
}

/** Lets pages from `server.origins` call the API and show pictures. Answers their preflight requests. */
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
  // Only a well-formed host may go into the policy.
  return hostnameOf(request) === undefined
    ? "'self'"
    : `${isTls ? 'wss' : 'ws'}://${request.headers.host ?? ''}`;
}
