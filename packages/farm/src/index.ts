/** What the program loads from this package: the queue of films, S3-compatible storage, and the leases of cameras. */
export { openEngine } from './open-engine.ts';
export { openLeases } from './open-leases.ts';
export { openObjects } from './s3-objects.ts';
