import rxjsX from 'eslint-plugin-rxjs-x';
import tseslint from 'typescript-eslint';

const from = (folder, ...refused) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: refused.map((other) => ({
          group: [`**/${other}/**`],
          message: `${folder} must not import ${other} (docs/architecture.md)`,
        })),
      },
    ],
  },
});

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'coverage/**'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, rxjsX.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // A sixth of lint's time: there is no enum here, and classes with private fields cannot be mistaken.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      'rxjs-x/finnish': ['error', { functions: false, methods: false, parameters: false }],
      'rxjs-x/no-exposed-subjects': 'error',
      'rxjs-x/no-ignored-subscription': 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: [
      'src/serve.ts',
      'src/live-cameras.ts',
      'src/stream/paced.ts',
      'src/stream/conflate.ts',
      'src/stream/live/renditions.ts',
      'src/rtsp/mount.ts',
      'src/stream/publish/{rtsp-mounts,camera-streams}.ts',
      'src/stream/publish/{viewer,original-viewer,mjpeg-viewer,jpeg-lane,fragment-lane}.ts',
      'src/stream/publish/gray-feeding.ts',
      'src/stream/publish/h264-stream.ts',
      'src/stream/publish/encoder-run.ts',
    ],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.property.name='subscribe']",
          message: 'subscribe only in a composition root or in the file of an operator',
        },
      ],
    },
  },
  from('rtsp', 'nut', 'ffmpeg', 'ingest', 'model', 'stream', 'train', 'cli'),
  from('ingest', 'model', 'stream', 'train', 'cli'),
  from('config', 'ingest', 'model', 'stream', 'train', 'cli'),
  from('model', 'ingest', 'stream', 'train', 'cli'),
  from('stream', 'train', 'cli'),
  from('train', 'cli'),
  // Hot loops over typed arrays: an index inside the bounds is proved by the loop, not by the type.
  {
    files: ['src/model/**/*.ts', 'src/stream/pixels/**/*.ts', 'src/ingest/**/*.ts', 'bench/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  { files: ['src/main.ts', 'bench/**/*.ts', 'scripts/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    files: ['test/**/*.ts'],
    rules: {
      'rxjs-x/finnish': 'off',
      'rxjs-x/no-ignored-subscription': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
