import { Counter, Gauge, type Registry } from 'prom-client';

/** What `/metrics` reports about the cluster, beside the figures of this machine. */
export class ClusterMetrics {
  readonly relays: Counter<'camera'>;
  private readonly relayed: Counter<'camera'>;
  private readonly bytes: Counter<'camera'>;
  private readonly serves: Gauge<'camera' | 'machine'>;
  private readonly machines: Gauge;
  private readonly connected: Gauge;
  private readonly weight: Gauge;

  constructor(registry: Registry) {
    const counter = (name: string, help: string): Counter<'camera'> =>
      new Counter({ name: `chromafeed_${name}`, help, labelNames: ['camera'], registers: [registry] });
    const gauge = (name: string, help: string): Gauge =>
      new Gauge({ name: `chromafeed_${name}`, help, registers: [registry] });
    this.relays = counter('relay_connections_total', 'Connections to other machines for pictures');
    this.relayed = counter('relay_messages_total', 'Pictures that came from other machines');
    this.bytes = counter('relay_bytes_total', 'Bytes of pictures that came from other machines');
    this.serves = new Gauge({
      name: 'chromafeed_camera_machine',
      help: '1 for the machine that has a camera',
      labelNames: ['camera', 'machine'],
      registers: [registry],
    });
    this.machines = gauge('cluster_machines', 'Machines that share the cameras');
    this.connected = gauge('cluster_redis_up', '1 while this machine reaches Redis');
    this.weight = gauge('cluster_weight', 'How much this machine can do, compared with the others');
  }

  countRelayed(camera: string, bytes: number): void {
    this.relayed.inc({ camera });
    this.bytes.inc({ camera }, bytes);
  }

  /** @param holders - the machine that has each camera */
  describe(state: {
    readonly holders: ReadonlyMap<string, string>;
    readonly machines: number;
    readonly weight: number;
  }): void {
    this.serves.reset();
    for (const [camera, machine] of state.holders) this.serves.set({ camera, machine }, 1);
    this.machines.set(state.machines);
    this.weight.set(state.weight);
  }

  setConnected(isConnected: boolean): void {
    this.connected.set(isConnected ? 1 : 0);
  }
}
