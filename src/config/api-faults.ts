import { parseBlend } from '../blend.ts';
import type { ConfigFault } from './config-fault.ts';
import type { CameraConfig, Config } from './schema.ts';
import { sourceKind } from './source-kind.ts';

/** The name of an installed model; a path has a slash, a drive letter or leading dots. */
const modelName = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/**
 * Checks a camera that is added through the API against what the config allows: files, devices and test pictures are
 * read on this machine, and a model's folder and a style's
 * photo are loaded from it.
 * @param camera - faulty settings are left out
 * @returns paths from the camera
 */
export function apiFaults(
  { source, model, blend, style }: Partial<Pick<CameraConfig, 'source' | 'model' | 'blend' | 'style'>>,
  api: Config['api'],
): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const kind = source === undefined ? undefined : sourceKind(source);
  if (kind !== undefined && !api.sources.includes(kind)) {
    const allowed =
      api.sources.length === 0 ? 'no source at all' : api.sources.map((each) => `${each}:`).join(', ');
    faults.push({
      path: ['source'],
      at: 'value',
      text: `expected ${allowed} through the API but got ${kind}:; api.sources in the config allows others`,
    });
  }
  const names = { model, blend: blend === undefined ? undefined : (parseBlend(blend)?.model ?? '') };
  for (const [key, name] of Object.entries(names)) {
    if (name === undefined || api.modelFolders || modelName.test(name)) continue;
    faults.push({
      path: [key],
      at: 'value',
      text: 'expected the name of an installed model through the API but got a path; api.modelFolders: true in the config allows it',
    });
  }
  if (style !== undefined && !api.modelFolders)
    faults.push({
      path: ['style'],
      at: 'value',
      text: 'expected no photo of this machine through the API; api.modelFolders: true in the config allows it',
    });
  return faults;
}
