/** `chromafeed/live`: cameras in colour, from their connection to the server for dashboards. */
export { serve, type ServeOptions } from './stream/serve/serve.ts';
export { openLiveFeed, type LiveFeedOptions } from './ingest/live/open-live-feed.ts';
export type { LiveBuffers, LiveFeed, LiveFrame } from './ingest/live/live-feed.ts';
export { conflateMap } from './stream/live/conflate.ts';
export { LiveCamera, type LiveCameraOptions } from './stream/live/live-camera.ts';
export type { LiveResources } from './stream/live/live-resources.ts';
export type { CameraNetwork } from './stream/live/live-color.ts';
export { LiveEngine } from './stream/live/live-engine.ts';
export type { Picture, PictureRequest } from './stream/live/pictures/picture.ts';
export { JpegEncoders } from './stream/live/pictures/jpeg-encoders.ts';
export type { CameraDirectory, CameraFeed, EncodedPicture } from './stream/live/camera-feed.ts';
export { openPublisher, type Publisher } from './stream/publish/server/publisher.ts';
export { PixelPool } from './stream/pixels/pixel-pool.ts';
