import { resolve } from 'node:path';
import type { CameraConfig, ClusterConfig, Config } from './schema.ts';
import { absoluteSource } from './source-kind.ts';

/**
 * Makes file names in a config absolute; relative ones start at the config's folder.
 * @param dir - the config's folder, absolute
 * @returns a new config
 */
export function absolutePaths(config: Config, dir: string): Config {
  const { server, engine, cluster, cameras } = config;
  const { tls } = server;
  return {
    ...config,
    server: {
      ...server,
      ...(tls && { tls: { cert: resolve(dir, tls.cert), key: resolve(dir, tls.key) } }),
    },
    engine: {
      ...engine,
      model: absoluteModel(engine.model, dir),
      ...(engine.blend !== undefined && { blend: absoluteModel(engine.blend, dir) }),
      ...(engine.embedding !== undefined && { embedding: resolve(dir, engine.embedding) }),
    },
    ...(cluster && { cluster: absoluteCluster(cluster, dir) }),
    cameras: Object.fromEntries(
      Object.entries(cameras).map(([id, camera]) => [id, absoluteCameraPaths(camera, dir)]),
    ),
  };
}

function absoluteCluster(cluster: ClusterConfig, dir: string): ClusterConfig {
  const { ca, redis } = cluster;
  return {
    ...cluster,
    ...(ca !== undefined && { ca: resolve(dir, ca) }),
    redis: { ...redis, ...(redis.ca !== undefined && { ca: resolve(dir, redis.ca) }) },
  };
}

/** The same for one camera. */
export function absoluteCameraPaths(camera: CameraConfig, dir: string): CameraConfig {
  return {
    ...camera,
    source: absoluteSource(camera.source, dir),
    ...(camera.model !== undefined && { model: absoluteModel(camera.model, dir) }),
    ...(camera.blend !== undefined && { blend: absoluteModel(camera.blend, dir) }),
    ...(camera.style !== undefined && { style: resolve(dir, camera.style) }),
  };
}

/** The path of a folder contains a slash; the name of an installed model contains none. A blend's share comes last. */
function absoluteModel(model: string, dir: string): string {
  return /[/\\]/.test(model) ? resolve(dir, model) : model;
}
