import ts from 'typescript';

/** The two ways in which users' programs resolve modules. */
export const resolutions = {
  NodeNext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
} as const;

/**
 * Compiles programs in strict mode and writes their JavaScript beside them.
 * @param files - absolute paths
 * @param isChecked - chooses the files to check, declarations included (`skipLibCheck` would skip them)
 * @returns all faults as text
 */
export function compileStrict(
  files: readonly string[],
  resolution: (typeof resolutions)[keyof typeof resolutions],
  isChecked: (file: string) => boolean,
): string[] {
  const options: ts.CompilerOptions = {
    ...resolution,
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
  };
  const host = ts.createCompilerHost(options);
  const program = ts.createProgram(files, options, host);
  const checked = program.getSourceFiles().filter(({ fileName }) => isChecked(fileName));
  const faults = [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...checked.flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ]),
  ];
  program.emit();
  return faults.map((fault) => ts.formatDiagnostic(fault, host).trim());
}
