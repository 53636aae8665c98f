/** What the program loads from this package: the queue of films, and S3-compatible storage. */
export { openEngine } from './open-engine.ts';
export { openObjects } from './s3-objects.ts';
