/** How the plan and the parts of a film are stored, in a shared folder and in S3-compatible storage. */
import { AppError } from '../../errors.ts';
import { parseJson } from '../../files/parse-json.ts';
import { checkPart } from '../../stream/film/parts/part-files.ts';
import { parsePartsPlan, type PartsPlan } from '../../stream/film/parts/parts-plan.ts';

/** The plan of a film, beside its parts. */
export const planName = 'plan.json';

/** The content of a plan's file. */
export function planText(plan: PartsPlan): string {
  return `${JSON.stringify(plan)}\n`;
}

/** @param text - of a plan's file; undefined: there is none */
export function planOf(text: string | undefined): PartsPlan | undefined {
  return text === undefined ? undefined : parsePartsPlan(parseJson(text));
}

/** Name of a part's folder. Parts of another plan have other names. */
export function partName({ fingerprint }: PartsPlan, number: number): string {
  return `${fingerprint.slice(0, 16)}-${number}`;
}

/** Whether a part in a folder is incomplete, damaged or of another plan. @throws what prevents that it is read */
export async function isDamaged(plan: PartsPlan, number: number, folder: string): Promise<boolean> {
  try {
    await checkPart(plan, number, folder);
    return false;
  } catch (error) {
    if (error instanceof AppError) return true;
    throw error;
  }
}
