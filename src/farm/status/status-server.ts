import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '../../errors.ts';
import { packageRoot } from '../../version.ts';
import type { FarmEngine } from '../engine/engine.ts';
import { queueMetrics } from './queue-metrics.ts';
import { queueStatus } from './queue-status.ts';
import { shownFinished, statusPage } from './status-page.ts';

/** The page has no script, and nothing of it comes from elsewhere. */
const policy = "default-src 'none'; style-src 'self'; frame-ancestors 'none'";

/** A server for the page, which runs until it is disposed of. */
export interface StatusServer extends AsyncDisposable {
  readonly url: string;
}

/**
 * Serves the queue on this machine only: `/` is a page, `/metrics` for Prometheus, `/status.json` for programs.
 * @param port - 0: any
 * @throws {AppError} USAGE when the port is taken
 */
export async function serveStatus(queue: FarmEngine, port: number): Promise<StatusServer> {
  const server = createServer((request, response) => {
    void answer(queue, request.url ?? '/', response).catch((error: unknown) => {
      response.writeHead(500).end(`${(error as Error).message}\n`);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((error: unknown) => {
    throw new AppError('USAGE', `--serve ${port}: ${(error as Error).message}`, {
      cure: 'name another port',
    });
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(queue: FarmEngine, path: string, response: ServerResponse): Promise<void> {
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  if (page === undefined) response.writeHead(404).end('not found\n');
  else send(response, page.type, await page.body(queue));
}

const styleSheet = (name: string): Promise<Buffer> =>
  readFile(new URL(`src/stream/dashboard/static/${name}`, packageRoot));

/** What each path shows. */
const pages: Readonly<
  Record<string, { type: string; body: (queue: FarmEngine) => Promise<string | Buffer> }>
> = {
  '/': {
    type: 'text/html; charset=utf-8',
    body: async (queue) => statusPage(await queueStatus(queue, shownFinished)),
  },
  '/metrics': {
    type: 'text/plain; version=0.0.4',
    body: async (queue) => queueMetrics(await queueStatus(queue, 0)),
  },
  '/status.json': {
    type: 'application/json',
    body: async (queue) => JSON.stringify(await queueStatus(queue, shownFinished)),
  },
  '/style.css': { type: 'text/css', body: () => styleSheet('style.css') },
  '/films.css': { type: 'text/css', body: () => styleSheet('films.css') },
};

function send(response: ServerResponse, type: string, body: string | Buffer): void {
  response
    .writeHead(200, {
      'content-type': type,
      'content-security-policy': policy,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    .end(body);
}
