/**
 * Tries a device in its own process, so that a driver that crashes or prints does no harm.
 * It receives a `ProbeRequest` over IPC and answers with a `DeviceProbe`.
 */
import { conditionSize } from '../tables/nodes.ts';
import type { EngineSetup, PackedBatch } from './engine.ts';
import { OnnxEngine } from '../onnx/onnx-engine.ts';

export interface ProbeRequest {
  readonly setup: EngineSetup;
  /** whether to measure the time of a picture; absent: no */
  readonly isTimed?: boolean;
}

/** The result of trying a device. */
export type DeviceProbe =
  | {
      readonly isUsable: true;
      /** for a picture of 256 x 144, milliseconds; NaN if not measured, Infinity if a small picture took too long */
      readonly msPerPicture: number;
    }
  | { readonly isUsable: false; readonly reason: string };

const smallSize = { widthPx: 64, heightPx: 64 };
const fullSize = { widthPx: 256, heightPx: 144 };
/** A device that takes longer for the small picture is a software driver. */
const patienceMs = 200;

process.once('message', (request: ProbeRequest) => {
  void probe(request).then((result) => process.send?.(result, () => process.disconnect()));
});

async function probe({ setup, isTimed }: ProbeRequest): Promise<DeviceProbe> {
  try {
    await using engine = await OnnxEngine.open(setup);
    // The first run of a size compiles its kernels.
    await engine.colorize(grayBatch(smallSize));
    if (isTimed !== true) return { isUsable: true, msPerPicture: NaN };
    if ((await timeMs(engine, smallSize)) > patienceMs) return { isUsable: true, msPerPicture: Infinity };
    await engine.colorize(grayBatch(fullSize));
    return { isUsable: true, msPerPicture: await timeMs(engine, fullSize) };
  } catch (error) {
    return { isUsable: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

async function timeMs(engine: OnnxEngine, size: typeof smallSize): Promise<number> {
  const startMs = performance.now();
  await engine.colorize(grayBatch(size));
  return performance.now() - startMs;
}

function grayBatch(size: typeof smallSize): PackedBatch {
  const luma = new Uint8Array(size.widthPx * size.heightPx).fill(128);
  return { count: 1, size, luma, conditions: new Float32Array(conditionSize), temperature: 1, raise: 0 };
}
