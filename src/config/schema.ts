/** The one schema of `chromafeed serve`'s config: types, defaults, ranges and documentation. */
import { z } from 'zod';
import { blendPattern } from '../blend.ts';
import { sourceKinds } from './source-kind.ts';
import { isSubnet } from './subnet.ts';
import { hashToken } from './token-hash.ts';

const share = z.number().min(0).max(1);

/** How many cameras one server may have. */
export const maxCameras = 256;

/** The id of a camera, used in URLs, metrics and file names. */
export const cameraId = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,63}$/,
    'expected 1 to 64 of a-z, 0-9, "-" and "_", the first a letter or digit',
  );

const mask = z
  .union(
    [
      z.strictObject({
        x: share.describe('left edge'),
        y: share.describe('upper edge'),
        width: share.describe('width, to the right of the left edge'),
        height: share.describe('height, down from the upper edge'),
      }),
      z
        .array(z.tuple([share, share]))
        .min(3)
        .max(64),
    ],
    { error: 'expected a rectangle {x, y, width, height} or a polygon [[x, y], ...]' },
  )
  .describe('a rectangle {x, y, width, height} or a polygon [[x, y], ...], in shares of the picture (0..1)');

const blend = z
  .string()
  .regex(blendPattern, 'expected a model, "=" and its share between 0 and 1, such as ddcolor=0.5');

/** The privacy masks of one camera. */
export const masksSchema = z.array(mask).max(32);

/** How colourful a camera is. */
export const livelinessSchema = z.number().min(0).max(2);

const size = z
  .string()
  .regex(/^[1-9]\d{1,4}x[1-9]\d{1,4}$/, 'expected WIDTHxHEIGHT such as 1280x720')
  .describe('the picture is scaled down to fit into WIDTHxHEIGHT, but never up');

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day such as 20:30');

const night = z
  .strictObject({
    show: z
      .enum(['gray', 'background', 'color'])
      .default('color')
      .describe(
        "gray: no colour; background: things that stand still keep their last daylight colour; color: the network's guess",
      ),
    detect: z
      .enum(['auto', 'saturation', 'darkness', 'hours', 'off'])
      .default('auto')
      .describe(
        "saturation: the camera's own colour disappears; darkness: the picture is dark; hours: between `from` and `to`; auto: saturation",
      ),
    darkness: z
      .number()
      .min(1)
      .max(128)
      .default(24)
      .describe('it is dark below this mean luma (0..255), with `detect: darkness`'),
    from: clock.default('20:00').describe('start of the night, local time, with `detect: hours`'),
    to: clock.default('06:00').describe('end of the night, local time, with `detect: hours`'),
  })
  .prefault({})
  .describe('what happens when the camera switches to infrared');

const embedding = z
  .strictObject({
    refreshS: z
      .number()
      .min(5)
      .max(86_400)
      .default(120)
      .describe('seconds between two palettes of the same scene, so that colour follows the light'),
    blendS: z
      .number()
      .min(0)
      .max(120)
      .default(5)
      .describe('seconds over which a new palette replaces the old one'),
    lightChange: z
      .number()
      .min(1)
      .max(128)
      .default(16)
      .describe('if the mean luma (0..255) changes by this much, a new palette is made immediately'),
  })
  .prefault({})
  .describe('how the palette follows the light');

export const cameraSchema = z.strictObject({
  name: z.string().min(1).max(80).optional().describe('name for viewers; default: the id'),
  source: z
    .string()
    .min(1)
    .describe(
      'rtsp://, rtsps://, http(s)://, file:PATH (looped, at its own speed), device:/dev/video0, or test:PATTERN (a test picture such as test:testsrc2 or test:smptebars=size=640x360:rate=15)',
    ),
  enabled: z.boolean().default(true).describe('false: the camera is listed but not connected'),
  transport: z
    .enum(['tcp', 'udp', 'auto'])
    .default('tcp')
    .describe('transport of RTSP; auto: ffmpeg tries UDP first, then TCP'),
  size: size.default('1280x720'),
  maxMegapixels: z
    .number()
    .min(0.01)
    .max(2000)
    .default(64)
    .describe('largest picture that the camera may send, megapixels; larger ones are not decoded'),
  fps: z
    .number()
    .min(0.2)
    .max(120)
    .default(30)
    .describe('most frames per second; more are dropped and counted'),
  stallS: z
    .number()
    .min(1)
    .max(600)
    .optional()
    .describe(
      'after this many seconds without a frame, Chromafeed reconnects; default: the longer of 5 s and 20 frame times',
    ),
  unwatched: z
    .enum(['keyframes', 'off', 'full'])
    .default('keyframes')
    .describe(
      'what to decode of a network camera while nobody watches it; keyframes: only keyframes, which is little work, and a second connection opens when a viewer comes; off: nothing, and the camera is connected when a viewer comes; full: everything',
    ),
  model: z.string().min(1).optional().describe("a model's name or folder; default: engine.model"),
  blend: blend
    .optional()
    .describe(
      'a second model and its share, such as ddcolor=0.5: the colour of both is averaged; default: engine.blend, unless the camera has its own model',
    ),
  style: z
    .string()
    .min(1)
    .optional()
    .describe(
      "a photo whose scene the network sees in place of the camera's, so that the colours get its style; only for models that look at the scene as a whole; default: none",
    ),
  liveliness: livelinessSchema
    .default(1)
    .describe(
      "how colourful: 1 is the model's own level; a lower value is paler with smaller errors, a higher one livelier with larger errors",
    ),
  saturation: z
    .number()
    .min(0)
    .max(3)
    .default(1)
    .describe("strength of the colour: 0 is gray, 1 is the model's colour"),
  temperature: z
    .number()
    .min(0.05)
    .max(2)
    .optional()
    .describe("a lower temperature gives livelier colour, a higher one paler colour; default: the model's"),
  refreshFps: z
    .number()
    .min(0.1)
    .max(60)
    .default(5)
    .describe('most answers of the network per second; in between, colour follows the motion'),
  motionGate: z
    .boolean()
    .default(true)
    .describe('the network rests while nothing moves (it still runs once in 10 s)'),
  embedding,
  day: z
    .enum(['passthrough', 'colorize'])
    .default('passthrough')
    .describe(
      "passthrough: a camera that sends colour is shown in its own colour, and the network does not run; colorize: the camera's colour is ignored, and the network colours the picture",
    ),
  night,
  masks: masksSchema
    .default([])
    .describe(
      'privacy masks: areas that are painted black before anything leaves the process; each a rectangle {x, y, width, height} or a polygon [[x, y], ...], in shares of the picture (0..1)',
    ),
  machine: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected 1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-"')
    .optional()
    .describe(
      'the `cluster.name` of the only machine that may have this camera; default: any machine, but a camera with file: or device: runs on every machine by itself',
    ),
  rtsp: z.boolean().default(false).describe('republish in colour over RTSP under /ID (needs `rtsp`)'),
  original: z
    .boolean()
    .default(true)
    .describe('publish the uncoloured picture as MPEG-1 for jsmpeg players, under /original/ID'),
});

export const userSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected 1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-"')
    .describe('name in logs and on the dashboard'),
  tokenHash: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'expected sha256:HEX as `chromafeed token` prints it')
    .refine(
      (hash) => hash !== hashToken(''),
      'expected the hash of a token but got the hash of an empty text; `chromafeed token` makes a token',
    )
    .describe('the hash that `chromafeed token` prints; the token itself is not stored anywhere'),
  cameras: z
    .array(z.string().regex(/^(\*|[a-z0-9][a-z0-9_-]{0,63})$/, 'expected the id of a camera or "*"'))
    .min(1)
    .max(256)
    .default(['*'])
    .describe('the cameras that this user may see; "*": all'),
  admin: z.boolean().default(false).describe('may add, pause and remove cameras, and read /metrics'),
});

const noOrigin = 'expected an origin such as https://wall.example:8443, without a path';

export const serverSchema = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('address to listen on; anything but the loopback needs `users`'),
  port: z.int().min(0).max(65_535).default(8600).describe('0: any free port'),
  tls: z
    .strictObject({
      cert: z.string().min(1).describe('PEM file: the certificate, followed by its chain'),
      key: z.string().min(1).describe("PEM file: the certificate's private key, without a passphrase"),
    })
    .optional()
    .describe('use HTTPS and WSS instead of HTTP and WS; relative names start at the config'),
  users: z
    .array(userSchema)
    .max(1000)
    .default([])
    .describe('who may watch; empty: everybody, on the loopback only'),
  origins: z
    .array(
      z
        .string()
        .regex(/^https?:\/\/[^/?#@A-Z\s;,]+$/, noOrigin)
        .refine((text) => URL.canParse(text), noOrigin),
    )
    .max(100)
    .default([])
    .describe('other web origins that may open the WebSocket and call the API'),
  stateDir: z
    .string()
    .min(1)
    .optional()
    .describe(
      'folder for data that survives a restart, such as sessions; relative to the config; default: a folder under XDG_STATE_HOME (~/.local/state/chromafeed)',
    ),
  trustProxy: z
    .array(z.string().refine(isSubnet, 'expected an IP address or a network such as 10.0.0.0/8 or fd00::/8'))
    .max(100)
    .default([])
    .describe(
      'proxies whose X-Forwarded-For and X-Forwarded-Proto headers are trusted: addresses or networks; default: none',
    ),
  requestsPerMinute: z
    .int()
    .min(10)
    .max(1_000_000)
    .default(600)
    .describe('HTTP requests per minute from one address, without the files of the dashboard; more get 429'),
  maxViewers: z
    .int()
    .min(1)
    .max(100_000)
    .default(200)
    .describe('most WebSocket connections at the same time'),
});

const engine = z
  .strictObject({
    model: z.string().min(1).default('efficientnet-lite').describe("a model's name or folder"),
    blend: blend
      .optional()
      .describe(
        'a second model and its share, such as ddcolor=0.5: the colour of both is averaged; default: none',
      ),
    embedding: z
      .string()
      .min(1)
      .optional()
      .describe('ONNX file of the embedding network; default: the Inception v3 that comes with Chromafeed'),
    library: z
      .enum(['onnx', 'tensorflow'])
      .default('onnx')
      .describe('the library that runs the network; for tensorflow see docs/tensorflow.md'),
    device: z
      .enum(['auto', 'cpu', 'webgpu', 'cuda', 'tensorrt'])
      .default('auto')
      .describe('what the network runs on; auto: the fastest that works (see `chromafeed doctor`)'),
    precision: z
      .enum(['auto', 'float32', 'int8'])
      .default('auto')
      .describe(
        'type of the numbers that the network computes with; auto: int8 on a CPU if the model allows it',
      ),
    batchSize: z
      .int()
      .min(1)
      .max(64)
      .default(4)
      .describe('most pictures in one call of the network, from all cameras'),
    maxWaitMs: z
      .number()
      .min(0)
      .max(1000)
      .default(15)
      .describe('longest time that a picture waits for its batch to fill, ms'),
    threads: z
      .int()
      .min(1)
      .max(256)
      .optional()
      .describe("CPU threads for one call; default: half of the machine's"),
    shortSidePx: z
      .int()
      .min(64)
      .max(512)
      .multipleOf(8)
      .default(144)
      .describe("short side of the network's picture, pixels"),
    pixelThreads: z
      .int()
      .min(1)
      .max(64)
      .optional()
      .describe('threads for pixel work; default: one per core, at most 4'),
  })
  .prefault({})
  .describe('the network that all cameras share');

export const rtspSchema = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('address to listen on; anything but the loopback needs `server.users`'),
  port: z.int().min(0).max(65_535).default(8554).describe('0: any free port'),
  tls: z
    .boolean()
    .default(true)
    .describe('encrypt RTSP (rtsps://) with the certificate of `server.tls`, if there is one; false: never'),
  heightPx: z
    .int()
    .min(90)
    .max(2160)
    .multipleOf(2)
    .default(720)
    .describe('largest height of the republished picture, pixels'),
  bitrateKbps: z.int().min(64).max(50_000).default(2000).describe('bit rate of one camera, kbit/s'),
});

const api = z
  .strictObject({
    sources: z
      .array(z.enum(sourceKinds))
      .max(sourceKinds.length)
      .default(['rtsp', 'rtsps', 'http', 'https'])
      .describe('kinds of sources that administrators may add through the API while the program runs'),
    modelFolders: z
      .boolean()
      .default(false)
      .describe(
        'true: a camera that is added through the API may name the folder of its model; false: only an installed model by its name',
      ),
  })
  .prefault({})
  .describe('what the HTTP API may do; without `server.users` it changes nothing');

export const clusterSchema = z.strictObject({
  redis: z
    .strictObject({
      url: z
        .string()
        .min(1)
        .optional()
        .describe('redis://HOST:PORT/DATABASE, or rediss:// with TLS; default: CHROMAFEED_REDIS'),
      user: z.string().min(1).optional().describe("the user of Redis; default: the server's default user"),
      password: z.string().min(1).optional().describe('write ${NAME} to read it from the environment'),
      ca: z
        .string()
        .min(1)
        .optional()
        .describe("PEM file with the certificate authority of Redis; default: the system's"),
    })
    .prefault({})
    .describe('Redis or Valkey, in which the machines agree'),
  secret: z
    .string()
    .min(16)
    .max(512)
    .describe(
      'the same on all machines, known to nobody else; write ${NAME} to read it from the environment',
    ),
  group: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9_-]{0,63}$/,
      'expected 1 to 64 of a-z, 0-9, "-" and "_", the first a letter or digit',
    )
    .default('main')
    .describe('machines with the same group share their cameras; other groups may use the same Redis'),
  name: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected 1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-"')
    .optional()
    .describe("this machine's name, unique in the group; default: its host name"),
  address: z
    .string()
    .regex(/^wss?:\/\/[^/?#@\s]+$/, 'expected ws://HOST, ws://HOST:PORT or wss://HOST:PORT')
    .optional()
    .describe(
      'where the other machines reach this one; without a port: the port of the server; default: the host name, wss:// with `server.tls`',
    ),
  ca: z
    .string()
    .min(1)
    .optional()
    .describe(
      "PEM file with the certificate authority of the machines' wss:// addresses; default: the system's",
    ),
  weight: z
    .number()
    .min(0.01)
    .max(100_000)
    .optional()
    .describe(
      'how many cameras this machine takes, compared with the others; default: measured at the start',
    ),
  leaseS: z
    .number()
    .min(1)
    .max(60)
    .default(6)
    .describe('a machine that is silent for this many seconds loses its cameras to the others'),
});

const publish = z
  .strictObject({
    visibleMark: z
      .boolean()
      .default(true)
      .describe('write a small "SYNTHETIC COLOUR" into the pictures of RTSP, MJPEG and fMP4'),
    jpegQuality: z.int().min(2).max(31).default(5).describe("ffmpeg's -q:v of the JPEGs: 2 best, 31 worst"),
    maxHeightPx: z.int().min(90).max(2160).default(1080).describe('largest height of pictures for viewers'),
  })
  .prefault({})
  .describe('the pictures for viewers');

const farm = z.strictObject({
  config: z
    .string()
    .min(1)
    .describe('the config with the address of Redis (docs/farm.md); a relative path starts at this file'),
});

const log = z
  .strictObject({
    level: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .describe('lowest level that is written'),
    pretty: z.boolean().optional().describe('readable lines instead of JSON; default: on a terminal'),
  })
  .prefault({})
  .describe("the program's log, on standard error");

export const configSchema = z.strictObject({
  server: serverSchema.prefault({}).describe('the web server: dashboard, API, WebSocket, metrics'),
  engine,
  api,
  publish,
  rtsp: rtspSchema
    .optional()
    .describe(
      'the server that republishes colour over RTSP (interleaved TCP, Basic authentication); absent: none',
    ),
  farm: farm
    .optional()
    .describe(
      'the queue of films, which the dashboard then shows to administrators; absent: it is not shown',
    ),
  cluster: clusterSchema
    .optional()
    .describe(
      'shares the cameras among several machines that run this config (docs/farm.md); absent: this machine is alone',
    ),
  log,
  cameras: z
    .record(cameraId, cameraSchema)
    .refine((cameras) => Object.keys(cameras).length <= maxCameras, `expected at most ${maxCameras} cameras`)
    .default({})
    .describe('the cameras, by id'),
});

export type Config = z.output<typeof configSchema>;
export type CameraConfig = z.output<typeof cameraSchema>;
export type ClusterConfig = z.output<typeof clusterSchema>;
export type UserConfig = Config['server']['users'][number];
export type MaskConfig = CameraConfig['masks'][number];
