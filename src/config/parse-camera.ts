import { AppError } from '../errors.ts';
import { absoluteCameraPaths } from './absolute-paths.ts';
import { checkCamera } from './check-camera.ts';
import { describeFault, shorten, type ConfigPath } from './config-fault.ts';
import { explainIssues } from './explain-issue.ts';
import { apiFaults } from './api-faults.ts';
import { cameraId, cameraSchema, type CameraConfig, type Config } from './schema.ts';
import { soundParts } from './sound-parts.ts';

/** The parts of the current config that matter for a new camera. */
export interface AddedCameraContext {
  /** The config has the section `rtsp`. */
  readonly hasRtsp: boolean;
  /** The config's folder, absolute: relative names start there. */
  readonly dir: string;
  /** Which sources and models may be added. */
  readonly api: Config['api'];
}

/**
 * Checks the settings of a camera that is added through the API while the program runs. Variables are not filled in.
 * @returns the camera with defaults filled in and absolute file names
 * @throws {AppError} USAGE with every fault, one line each; also for a source or a model that `api` does not allow
 */
export function parseCamera(id: string, settings: unknown, context: AddedCameraContext): CameraConfig {
  const isSecret = (path: ConfigPath): boolean => path.includes('source');
  const parsed = cameraSchema.safeParse(settings);
  const sound = soundParts(cameraSchema, settings);
  const faults = [
    ...explainIssues(cameraId.safeParse(id).error?.issues ?? [], { schema: cameraId, input: id, isSecret }),
    ...explainIssues(parsed.error?.issues ?? [], { schema: cameraSchema, input: settings, isSecret }),
    ...checkCamera(sound, context.hasRtsp),
    ...apiFaults(sound, context.api),
  ];
  if (parsed.data === undefined || faults.length > 0) {
    throw new AppError(
      'USAGE',
      shorten(faults.map((fault) => `camera: ${describeFault(fault)}`)).join('\n'),
      {
        cure: 'docs/config.md lists every setting of a camera with its range',
      },
    );
  }
  return absoluteCameraPaths(parsed.data, context.dir);
}
