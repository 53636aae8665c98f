/** Writes src/model/onnx/onnx-messages.ts from onnx.proto. Usage: npm run generate:onnx */
import { readFileSync, writeFileSync } from 'node:fs';
import { messagesModule } from './onnx-messages.ts';

const folder = new URL('../../src/model/onnx/', import.meta.url);
const proto = readFileSync(new URL('onnx.proto', folder), 'utf8');
writeFileSync(new URL('onnx-messages.ts', folder), messagesModule(proto));
