import rxjsX from 'eslint-plugin-rxjs-x';
import tseslint from 'typescript-eslint';

// The folders of src/, lowest first: a folder imports only from those before it, never from those after it.
const rooms = ['files', 'log', 'config', 'ingest', 'model', 'stream', 'evaluate', 'train', 'farm', 'cli'];
const floors = [
  ['files', 'log'],
  ['config'],
  ['ingest'],
  ['model'],
  ['stream'],
  ['evaluate'],
  ['train'],
  ['farm'],
  ['cli'],
];

/** Refuses imports from other folders in the files of `folder`. */
const noImports = (folder, refused) => ({
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

// AssemblyScript: its compiler checks the types, which are not those of TypeScript.
const assembly = 'src/stream/pixels/simd/assembly/*.ts';

/** A spread of an object literal would switch off TypeScript's check for unknown keys. */
const noLiteralSpread = {
  selector: 'SpreadElement > ObjectExpression',
  message: 'write the properties into the object itself',
};

const above = (room) => floors.slice(floors.findIndex((floor) => floor.includes(room)) + 1).flat();

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'coverage/**'] },
  {
    files: ['src/**/*.ts', 'packages/*/src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts'],
    ignores: [assembly],
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
      'no-restricted-syntax': ['error', noLiteralSpread],
    },
  },
  { files: [assembly], extends: [tseslint.configs.recommended] },
  {
    files: ['src/**/*.ts'],
    ignores: [
      'src/stream/serve/serve.ts',
      'src/stream/serve/live-cameras.ts',
      'src/stream/serve/camera-connection.ts',
      'src/stream/serve/cluster/{cluster-cameras,peer-states,relay-stream}.ts',
      'src/stream/film/paced.ts',
      'src/stream/live/conflate.ts',
      'src/stream/live/pictures/renditions.ts',
      'src/stream/publish/rtsp/mount.ts',
      'src/stream/publish/rtsp/rtsp-mounts.ts',
      'src/stream/publish/video/camera-streams.ts',
      'src/stream/publish/viewers/{viewer,original-viewer,mjpeg-viewer,jpeg-lane,fragment-lane}.ts',
      'src/stream/publish/video/mpeg1/gray-feeding.ts',
      'src/stream/publish/video/h264-stream.ts',
      'src/stream/publish/video/encoder-run.ts',
    ],
    rules: {
      'no-restricted-syntax': [
        'error',
        noLiteralSpread,
        {
          selector: "CallExpression[callee.property.name='subscribe']",
          message: 'subscribe only in a composition root or in the file of an operator',
        },
      ],
    },
  },
  ...rooms.slice(0, -1).map((room) => noImports(room, above(room))),
  // Film and live never import each other: what both need lies beside them. (These entries replace those of the whole folder.)
  noImports('ingest/film', [...above('ingest'), 'live']),
  noImports('ingest/live', [...above('ingest'), 'film']),
  noImports('stream/pixels', [...above('stream'), 'film', 'live', 'publish', 'serve', 'dashboard']),
  noImports('stream/film', [...above('stream'), 'live', 'publish', 'serve', 'dashboard']),
  noImports('stream/live', [...above('stream'), 'film', 'publish', 'serve', 'dashboard']),
  noImports('stream/publish', [...above('stream'), 'film', 'serve', 'dashboard']),
  // A package is published apart from the program, so it uses only the program's types.
  {
    files: ['packages/*/src/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['**/src/**'], allowTypeImports: true, message: 'a package imports only types' },
          ],
        },
      ],
    },
  },
  // Only the package of the farm talks to Redis and S3.
  {
    files: ['src/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { paths: ['bullmq', 'ioredis'], patterns: ['@aws-sdk/*'] },
      ],
    },
  },
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
