import { Gauge, Registry } from 'prom-client';
import type { QueueStatus } from './queue-status.ts';

/** The queue in Prometheus's text format. */
export async function queueMetrics({
  counts,
  workers,
  fps,
  leftS,
  isPaused,
  films,
}: QueueStatus): Promise<string> {
  const registry = new Registry();
  const gauge = (name: string, help: string, value: number): void => {
    new Gauge({ name: `chromafeed_farm_${name}`, help, registers: [registry] }).set(value);
  };
  const byState = new Gauge({
    name: 'chromafeed_farm_films',
    help: 'films on the queue by state; failed ones are parked',
    labelNames: ['state'],
    registers: [registry],
  });
  for (const [state, count] of Object.entries(counts)) byState.set({ state }, count);
  gauge('workers', 'workers that are connected', workers.length);
  gauge('frames_per_second', 'frames per second over all workers', fps);
  gauge('paused', '1 if no worker takes a film', isPaused ? 1 : 0);
  gauge(
    'lost_workers',
    'films on the queue that have lost a worker',
    films.filter(({ stalls }) => stalls > 0).length,
  );
  if (leftS !== undefined) gauge('seconds_left', 'estimated time until all films are done', leftS);
  return registry.metrics();
}
