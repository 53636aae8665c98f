import type { PublishContext } from '../publish-context.ts';
import type { HttpRefusal } from '../server/http-refusal.ts';

/** Refuses one viewer more than `server.maxViewers`. MJPEG clients and viewers of originals count too. */
export function tooManyViewers({ hub, settings }: PublishContext): HttpRefusal | undefined {
  const { maxViewers } = settings.server;
  if (hub.size < maxViewers) return undefined;
  return {
    status: 503,
    code: 'TOO_MANY_VIEWERS',
    message: `${maxViewers} viewers are connected, which is server.maxViewers`,
    headers: { 'Retry-After': '10' },
  };
}
