import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A TCP proxy on the way to a server, which can be made slow or held up. */
export class SlowProxy implements AsyncDisposable {
  /** How long each piece of data waits, ms. */
  delayMs = 0;
  readonly port: number;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private held: Promise<void> = Promise.resolve();

  private constructor(server: Server, port: number) {
    this.server = server;
    this.port = port;
  }

  /**
   * Starts a proxy.
   * @param host - the address that it listens on
   * @param target - port of the server on this machine
   */
  static async start(host: string, target: number): Promise<SlowProxy> {
    const server = createServer();
    server.listen(0, host);
    await once(server, 'listening');
    const address = server.address();
    const proxy = new SlowProxy(server, typeof address === 'object' && address !== null ? address.port : 0);
    server.on('connection', (client) => proxy.relay(client, connect(target, '127.0.0.1')));
    return proxy;
  }

  /** Lets nothing through until the returned function is called; the connections stay open. */
  hold(): () => void {
    let release = (): void => undefined;
    this.held = new Promise((resolve) => (release = resolve));
    return release;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private relay(client: Socket, server: Socket): void {
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => undefined); // its other end learns of it by the close
      from.once('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      void this.pump(from, to).catch(() => to.destroy());
    }
  }

  private async pump(from: Socket, to: Socket): Promise<void> {
    for await (const piece of from) {
      await this.held;
      if (this.delayMs > 0) await delay(this.delayMs);
      if (to.destroyed) return;
      if (!to.write(piece as Buffer)) await once(to, 'drain');
    }
  }
}
