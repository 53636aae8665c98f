import type { ConfigFault } from './config-fault.ts';
import { maskFault } from './mask-fault.ts';
import type { CameraConfig } from './schema.ts';
import { sourceFault } from './source-kind.ts';

/**
 * Checks what the schema cannot check about one camera: the kind of its source, masks that hide nothing, settings
 * that need other sections.
 * @param camera - faulty settings are left out
 * @param hasRtsp - the config has the section `rtsp`
 * @returns faults with paths from the camera
 */
export function checkCamera(camera: Partial<CameraConfig>, hasRtsp: boolean): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const add = (path: ConfigFault['path'], text: string | undefined): void => {
    if (text !== undefined) faults.push({ path, at: 'value', text });
  };
  if (camera.source !== undefined) add(['source'], sourceFault(camera.source));
  camera.masks?.forEach((mask, i) => add(['masks', i], maskFault(mask)));
  if (camera.rtsp === true && !hasRtsp) add(['rtsp'], 'needs the section "rtsp", which is missing');
  const { night } = camera;
  if (night?.detect === 'hours' && night.from === night.to)
    add(['night', 'to'], 'expected a time other than "from" but got the same');
  return faults;
}
