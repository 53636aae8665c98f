import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { ContractSize } from '../../../src/model/imported/contract.ts';
import type { InputForm, OutputForm } from '../../../src/model/imported/forms.ts';
import { importModel } from '../../../src/model/imported/import-model.ts';
import { loadAnyModel } from '../../../src/model/model.ts';
import { openColorizer } from '../../../src/model/open-colorizer.ts';
import {
  caffeZhang,
  ddcolor,
  deoldify,
  eccv16,
  normalizedZhang,
  siggraph17,
  type MadeColorizer,
} from '../../helpers/made-colorizers.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';

interface Form {
  readonly made: MadeColorizer;
  readonly input: InputForm;
  readonly output: OutputForm;
  readonly size: ContractSize;
  readonly zeros?: readonly string[];
  /** how far a*, b* may be from the second computation; absent: 0.01 */
  readonly within?: number;
}

const anySize = { shortSide: 256, multipleOf: 16 };

const forms: Readonly<Record<string, Form>> = {
  'ECCV16: L to ab': { made: eccv16, input: 'L', output: 'ab', size: { widthPx: 64, heightPx: 48 } },
  'SIGGRAPH17: L to ab with hints and a mask': {
    made: siggraph17,
    input: 'L',
    output: 'ab',
    size: { widthPx: 64, heightPx: 48 },
    zeros: ['user_ab', 'user_map'],
  },
  "a browser's ECCV16: (L-50)/100 to ab/110, any size": {
    made: normalizedZhang,
    input: '(L-50)/100',
    output: 'ab/110',
    size: { shortSide: 256, multipleOf: 8 },
  },
  'the Caffe form: L-50 in 224 x 224 to ab in 56 x 56': {
    made: caffeZhang,
    input: 'L-50',
    output: 'ab',
    size: { widthPx: 224, heightPx: 224 },
  },
  'DDColor: gray RGB 0..1 to ab': {
    made: ddcolor,
    input: 'rgb-0..1',
    output: 'ab',
    size: { widthPx: 64, heightPx: 64 },
  },
  'DeOldify: RGB 0..255, multiples of 16': {
    made: deoldify({ white: 255, names: ['input', 'out'], type: 'float32' }),
    input: 'rgb-0..255',
    output: 'rgb-0..255',
    size: anySize,
    within: 0.1,
  },
  'DeOldify with the same tensors: RGB 0..1': {
    made: deoldify({ white: 1, names: ['gray', 'rgb'], type: 'float32' }),
    input: 'rgb-0..1',
    output: 'rgb-0..1',
    size: anySize,
    within: 0.1,
  },
  'DeOldify in float16, 64 x 64': {
    made: deoldify({ white: 255, names: ['input', 'output'], type: 'float16', sidePx: 64 }),
    input: 'rgb-0..255',
    output: 'rgb-0..255',
    size: { widthPx: 64, heightPx: 64 },
    within: 0.3,
  },
};

for (const [title, form] of Object.entries(forms)) {
  test.serial(`${title}: it is recognized, and gives the ab that the arithmetic gives`, async (t) => {
    const folder = await tempFolder(t);
    process.env['CHROMAFEED_HOME'] = join(folder, 'home');
    await mkdir(join(folder, 'home'));
    const file = await form.made.write(join(folder, 'made.onnx'));
    const { manifest } = await importModel({ file, name: 'made', licence: 'CC0-1.0' });
    t.is(manifest.contract.input.form, form.input);
    t.is(manifest.contract.output.form, form.output);
    t.deepEqual(manifest.contract.size, form.size);
    t.deepEqual(
      manifest.contract.zeros.map(({ name }) => name),
      form.zeros ?? [],
    );

    await using colorizer = await openColorizer({ model: await loadAnyModel('made'), device: 'cpu' });
    t.deepEqual(colorizer.credit, { name: 'made', version: 1, licence: 'CC0-1.0' });
    const size = { widthPx: 32, heightPx: 24 };
    const bytes = [0, 40, 128, 200, 255];
    const answers = await colorizer.colorize({
      pictures: bytes.map((byte) => new Uint8Array(size.widthPx * size.heightPx).fill(byte)),
      size,
      conditions: bytes.map(() => new Float32Array(256)),
    });
    answers.forEach((answer, i) => {
      const count = size.widthPx * size.heightPx;
      const [a, b] = form.made.abOf(bytes[i] ?? NaN);
      t.is(answer.length, 2 * count);
      const most = Math.max(...Array.from(answer, (value, at) => Math.abs(value - (at < count ? a : b))));
      t.true(
        most < (form.within ?? 0.01),
        `luma ${bytes[i]}: ${answer[0]}, ${answer[count]} is not ${a}, ${b}`,
      );
    });
  });
}
