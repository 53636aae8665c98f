import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import protobuf from 'protobufjs/light.js';
import { frameRecord } from '../../dataset/shards/tfrecord.ts';

/*
 * TensorBoard's event files: TFRecords of tensorflow/core/util/event.proto. As wire format:
 *   Event { double wall_time = 1, int64 step = 2, string file_version = 3, Summary summary = 5 }
 *   Summary { repeated Value value = 1 }   Value { string tag = 1, float simple_value = 2 }
 */

const eventRoot = protobuf.Root.fromJSON({
  nested: {
    Event: {
      fields: {
        wallTime: { id: 1, type: 'double' },
        step: { id: 2, type: 'int64' },
        fileVersion: { id: 3, type: 'string' },
        summary: { id: 5, type: 'Summary' },
      },
    },
    Summary: { fields: { value: { id: 1, rule: 'repeated', type: 'Value' } } },
    Value: { fields: { tag: { id: 1, type: 'string' }, simpleValue: { id: 2, type: 'float' } } },
  },
});

/** The first event of a file names the format of the rest. */
const fileVersion = 'brain.Event:2';

/** Numbers over a run's steps, in the form that TensorBoard shows. */
export class EventFile {
  readonly path: string;
  readonly #nowMs: () => number;
  #isBegun = false;

  /**
   * @param dir - of the run; each process that resumes it writes its own file, and TensorBoard joins them
   * @param nowMs - milliseconds since 1970
   */
  constructor(dir: string, nowMs: () => number) {
    this.#nowMs = nowMs;
    const seconds = String(Math.floor(nowMs() / 1000)).padStart(10, '0');
    this.path = join(dir, `events.out.tfevents.${seconds}.chromafeed`);
  }

  /**
   * Appends numbers of one step.
   * @param scalars - by TensorBoard's tags, such as `validation/psnr_db`
   */
  async add(step: number, scalars: Readonly<Record<string, number>>): Promise<void> {
    const value = Object.entries(scalars).map(([tag, simpleValue]) => ({ tag, simpleValue }));
    const events = [...(this.#isBegun ? [] : [{ fileVersion }]), { step, summary: { value } }];
    this.#isBegun = true;
    await appendFile(this.path, Buffer.concat(events.map((event) => this.#record(event))));
  }

  #record(event: Readonly<Record<string, unknown>>): Uint8Array {
    const type = eventRoot.lookupType('Event');
    const bytes = type.encode(type.fromObject({ wallTime: this.#nowMs() / 1000, ...event })).finish();
    return frameRecord(Uint8Array.from(bytes));
  }
}
