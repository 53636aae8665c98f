import type { File } from 'h5wasm/node';
import { AppError } from '../../errors.ts';

const packageName = 'h5wasm';

/**
 * Opens an HDF5 file with the optional package h5wasm (NIST), which holds the HDF Group's library as WebAssembly. It is
 * loaded only when such a file is named.
 * @returns an open file; the caller closes it
 * @throws {AppError} MODEL_INVALID when the package is not installed, or the file is no HDF5 file
 */
export async function openHdf5(path: string): Promise<File> {
  const hdf5 = await loadPackage(path);
  const library = await hdf5.ready;
  library.activate_throwing_error_handler(); // else the library prints its faults
  try {
    return new hdf5.File(path, 'r');
  } catch (cause) {
    throw new AppError('MODEL_INVALID', `${path}: expected an HDF5 file but got something else`, {
      cure: "name a file that Keras's model.save has written with the ending .h5",
      cause,
    });
  }
}

async function loadPackage(path: string): Promise<typeof import('h5wasm/node')> {
  try {
    return await import('h5wasm/node');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new AppError(
      'MODEL_INVALID',
      `${path}: expected the package ${packageName} for Keras's .h5 files`,
      {
        cure: `install it: npm install ${packageName}`,
        cause: error,
      },
    );
  }
}
