import type { Redis } from 'ioredis';
import type {
  CameraLease,
  ClusterBeat,
  ClusterMachine,
  ClusterView,
  LeaseRequest,
  LeaseStore,
} from '../../../src/stream/serve/cluster/lease-store.ts';
import { EngineError } from './engine-error.ts';
import { beatScript, changeScript, giveScript, leaveScript, takeScript } from './lease-scripts.ts';

type BeatReply = readonly [now: string, machines: string[], leases: string[], changes: string];

/** Who has which camera, in Redis or Valkey. Each step is one script, so it happens as a whole or not at all. */
export class RedisLeases implements LeaseStore {
  private readonly client: Redis;
  private readonly prefix: string;

  /** @param client - with a limit for each command; this object owns it from now on */
  constructor(client: Redis, group: string) {
    this.client = client;
    // The braces put all keys on one node of a Redis cluster, which the scripts need.
    this.prefix = `{chromafeed:cameras:${group}}`;
  }

  async beat({ machine, leaseMs, held }: ClusterBeat): Promise<ClusterView> {
    const { name, instance, address, weight } = machine;
    const info = JSON.stringify({ address, weight });
    const leases = [...held].flatMap(([camera, token]) => [camera, String(token)]);
    const keys = [this.key('machines'), this.key('leases'), this.key('version')];
    const reply = await this.client
      .eval(beatScript, keys.length, ...keys, name, instance, info, leaseMs, ...leases)
      .catch((error: unknown) => {
        const { message } = error as Error;
        throw message.includes('NAMETAKEN') ? new EngineError('name', name, error) : error;
      });
    return viewOf(reply as BeatReply);
  }

  async take({ camera, machine, leaseMs, after }: LeaseRequest): Promise<number | undefined> {
    const keys = [this.key('leases'), this.key('fence')];
    const reply = await this.client.eval(takeScript, keys.length, ...keys, camera, machine, leaseMs, after);
    return reply === null ? undefined : Number(reply);
  }

  async give(lease: Parameters<LeaseStore['give']>[0]): Promise<boolean> {
    const { camera, from, token, to, leaseMs } = lease;
    const keys = [this.key('leases'), this.key('fence')];
    return (await this.client.eval(giveScript, keys.length, ...keys, camera, from, token, to, leaseMs)) === 1;
  }

  async leave(machine: string): Promise<void> {
    await this.client.eval(leaveScript, 2, this.key('machines'), this.key('leases'), machine);
  }

  async changes(): Promise<ReadonlyMap<string, string>> {
    return new Map(Object.entries(await this.client.hgetall(this.key('changes'))));
  }

  async setChange(camera: string, json: string, isNew = false): Promise<void> {
    const keys = [this.key('changes'), this.key('version')];
    await this.client.eval(changeScript, keys.length, ...keys, camera, json, isNew ? 1 : 0);
  }

  async session(key: string): Promise<string | undefined> {
    return (await this.client.get(this.key(`session:${key}`))) ?? undefined;
  }

  async keepSession(key: string, json: string, lifeMs: number): Promise<void> {
    await this.client.set(this.key(`session:${key}`), json, 'PX', Math.ceil(lifeMs));
  }

  async endSession(key: string): Promise<void> {
    await this.client.del(this.key(`session:${key}`));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.client.disconnect();
    return Promise.resolve();
  }

  private key(name: string): string {
    return `${this.prefix}:${name}`;
  }
}

function viewOf([nowText, machines, leases, changes]: BeatReply): ClusterView {
  const now = Number(nowText);
  return {
    machines: [...pairs(machines)]
      .flatMap(([name, text]) => machineOf(name, text, now))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    leases: [...pairs(leases)].map(([camera, text]) => leaseOf(camera, text, now)),
    changes: Number(changes),
  };
}

function machineOf(name: string, text: string, now: number): ClusterMachine[] {
  const [, till, instance = '', json = '{}'] = /^(\d+) (\S+) (.*)$/s.exec(text) ?? [];
  if (Number(till) <= now) return [];
  const { address, weight } = JSON.parse(json) as Pick<ClusterMachine, 'address' | 'weight'>;
  return [{ name, instance, address, weight }];
}

function leaseOf(camera: string, text: string, now: number): CameraLease {
  const [holder = '', token, till, start] = text.split(' ');
  return {
    camera,
    holder,
    token: Number(token),
    isAlive: Number(till) > now,
    ageMs: Math.max(0, now - Number(start)),
  };
}

function* pairs(flat: readonly string[]): Generator<[string, string]> {
  for (let i = 0; i + 1 < flat.length; i += 2) yield [flat[i] ?? '', flat[i + 1] ?? ''];
}
