import type { InputForm, OutputForm } from './forms.ts';

/** A published ONNX export of a colorizer. */
export interface KnownExport {
  readonly title: string;
  /** of the network */
  readonly licence: string;
  readonly input: InputForm;
  readonly output: OutputForm;
}

/** Published exports by the SHA-256 that their publishers or distributors name. */
const knownExports: Readonly<Record<string, KnownExport>> = {
  // https://github.com/clibdev/colorization (README)
  b4a4cecae9e84e776d665e85774815b0bb43de382813b02fb13144f8fd5d6c83: {
    title: 'Colorful Image Colorization, ECCV 2016 (clibdev)',
    licence: 'BSD-2-Clause',
    input: 'L',
    output: 'ab',
  },
  '7db825910668ee321327d2e6b446e57cbc9c066e196e8be0e152bf76e1206eb7': {
    title: 'Real-Time User-Guided Image Colorization, SIGGRAPH 2017 (clibdev)',
    licence: 'BSD-2-Clause',
    input: 'L',
    output: 'ab',
  },
  // https://huggingface.co/facefusion/models-3.0.0, deoldify_artistic.onnx
  '9ac296cf05fecbdb604f50211f632b722402bc1f9a96ee5a8987b01c0c3c688f': {
    title: 'DeOldify artistic (facefusion)',
    licence: 'MIT',
    input: 'rgb-0..255',
    output: 'rgb-0..255',
  },
  // Exports of piddnad/ddcolor_paper_tiny and piddnad/ddcolor_modelscope by the Varve project
  '1410b455cd230a587c38b5771a0193aa6f28bb89b0e29566fbdb791bb1310c47': {
    title: 'DDColor tiny, 256 x 256 (Varve)',
    licence: 'Apache-2.0',
    input: 'rgb-0..1',
    output: 'ab',
  },
  '9c881551a0caf29ea283be09e863a841b5bf454b83299357f483f49f6ca18193': {
    title: 'DDColor, 512 x 512 (Varve)',
    licence: 'Apache-2.0',
    input: 'rgb-0..1',
    output: 'ab',
  },
};

/**
 * Finds a published export.
 * @param sha256 - of the whole ONNX file, hexadecimal
 * @returns undefined for any other file
 */
export function knownExport(sha256: string): KnownExport | undefined {
  return knownExports[sha256];
}
