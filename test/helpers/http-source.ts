import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server on the loopback that sends what a test says. */
export class HttpSource implements AsyncDisposable {
  readonly server = createServer((request, response) => {
    this.requests.push(request.url ?? '');
    this.serve(response);
  });
  /** The paths of the requests, with their queries. */
  readonly requests: string[] = [];
  private readonly serve: (response: ServerResponse) => void;

  static async start(serve: (response: ServerResponse) => void): Promise<HttpSource> {
    const source = new HttpSource(serve);
    source.server.listen(0, '127.0.0.1');
    await once(source.server, 'listening');
    return source;
  }

  private constructor(serve: (response: ServerResponse) => void) {
    this.serve = serve;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** @param login - `user:password@` */
  url(path: string, login = ''): string {
    return `http://${login}127.0.0.1:${this.port}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
