import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { modelNamePattern } from '../manifest.ts';
import { contractSchema } from './contract.ts';

/** The largest ONNX file, bytes: it is one protobuf message, which cannot be larger. */
export const maxOnnxBytes = 2 ** 31 - 1;

/** The newest `formatVersion` of an imported model that this program reads. */
const formatVersion = 1;

/** The content of `model.json` of a model that was imported from an ONNX file. */
const schema = z.strictObject({
  formatVersion: z.literal(formatVersion),
  name: z.string().regex(modelNamePattern, 'expected lower-case letters, digits, ".", "_", "-"'),
  version: z.int().min(1).describe('increases when another file is imported under this name'),
  architecture: z.literal('onnx').describe('the layers are in the ONNX file'),
  contract: contractSchema.describe('what the network takes and returns'),
  weights: z.strictObject({
    file: z.string().regex(/^[\w.-]+\.onnx$/, 'expected an .onnx file beside model.json'),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits'),
    bytes: z.int().min(1).max(maxOnnxBytes),
  }),
  provenance: z.strictObject({
    description: z.string().min(1),
    importedFrom: z.string().min(1).describe("the ONNX file's name"),
    licence: z.string().min(1).max(200).describe('of the network, as the user named it'),
    date: z.iso.date(),
  }),
});

/** The content of an imported model's `model.json`. */
export type ImportedManifest = z.infer<typeof schema>;

/** Whether the content of a `model.json` describes an imported model. */
export function isImported(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && Reflect.get(value, 'architecture') === 'onnx';
  } catch {
    return false; // whoever reads it reports the fault
  }
}

/**
 * Reads an imported model's manifest.
 * @param text - the content of `model.json`, for which `isImported` is true
 * @param who - the file's name, for messages
 * @throws {AppError} MODEL_INVALID with every fault in one message
 */
export function parseImportedManifest(text: string, who: string): ImportedManifest {
  const result = schema.safeParse(JSON.parse(text));
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
  throw new AppError('MODEL_INVALID', `${who}: ${faults.join('; ')}`, {
    cure: 'correct the manifest, or import the ONNX file again with `chromafeed models import`',
    details: { faults },
  });
}

/**
 * Writes a manifest that `parseImportedManifest` can read.
 * @returns the text of `model.json`
 */
export function formatImportedManifest(manifest: ImportedManifest): string {
  return `${JSON.stringify(schema.parse(manifest), undefined, 2)}\n`;
}
