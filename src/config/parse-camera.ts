import { AppError } from '../errors.ts';
import { absoluteCameraPaths } from './absolute-paths.ts';
import { checkCamera } from './check-camera.ts';
import { describeFault, shorten, type ConfigPath } from './config-fault.ts';
import { explainIssues } from './explain-issue.ts';
import { cameraId, cameraSchema, type CameraConfig } from './schema.ts';
import { soundParts } from './sound-parts.ts';

/**
 * Checks the settings of a camera that does not come from the config file: one that is added while the program runs.
 * Nothing is substituted in them.
 * @param context.hasRtsp - the config has the section `rtsp`
 * @param context.dir - the config's folder, absolute: relative names are there
 * @returns defaults filled in, files' names absolute
 * @throws {AppError} USAGE with every fault, a line each
 */
export function parseCamera(
  id: string,
  settings: unknown,
  context: { readonly hasRtsp: boolean; readonly dir: string },
): CameraConfig {
  const isSecret = (path: ConfigPath): boolean => path.includes('source');
  const parsed = cameraSchema.safeParse(settings);
  const faults = [
    ...explainIssues(cameraId.safeParse(id).error?.issues ?? [], { schema: cameraId, input: id, isSecret }),
    ...explainIssues(parsed.error?.issues ?? [], { schema: cameraSchema, input: settings, isSecret }),
    ...checkCamera(soundParts(cameraSchema, settings), context.hasRtsp),
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
