import { inspectModels } from '../run-models.ts';
import { failed, passed, type Check } from './check.ts';

/** Checks the files of every installed model completely. */
export async function checkModels(): Promise<Check[]> {
  const reports = await inspectModels();
  return reports.map(({ name, role, version, fault, cure }) => {
    const what = `model ${name}`;
    if (fault !== undefined) return failed(what, fault, cure ?? 'install chromafeed again');
    return passed(
      what,
      version === undefined ? `${role}, files verified` : `${role} version ${version}, files verified`,
    );
  });
}
