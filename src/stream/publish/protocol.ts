/**
 * The WebSocket protocol between server and dashboard. Text messages are JSON; binary messages are pictures with a
 * header. Browsers load this file too, so it imports types only. `docs/protocol.md` documents it.
 */
import type { CameraStatus } from '../../ingest/live/camera-status.ts';
import type { SizePx } from '../../frame.ts';

export const protocolVersion = 1;
/** A request for more streams is refused as a whole. */
export const streamsAtMost = 100;

/** A camera that a viewer wants to see. */
export interface StreamRequest {
  readonly camera: string;
  /** jpeg: a picture a message; fmp4: H.264 in fragments for Media Source Extensions */
  readonly mode: 'jpeg' | 'fmp4';
  /** Maximum height, pixels of the screen. */
  readonly heightPx: number;
  /** Maximum pictures per second; absent: all. */
  readonly fps?: number;
}

export type ClientMessage =
  /** Replaces the last list. An empty list pauses everything. */
  | { readonly type: 'watch'; readonly streams: readonly StreamRequest[] }
  /** Asks for the server's clock. The answer has the same `id`. */
  | { readonly type: 'time'; readonly id: number };

export type ServerMessage =
  /** The first message. */
  | {
      readonly type: 'hello';
      readonly protocol: number;
      readonly program: string;
      /** A sentence for people which says that the colour is synthetic. */
      readonly notice: string;
      readonly user: string | undefined;
      readonly isAdmin: boolean;
      /** Whether `films` shows this viewer the queue of films. */
      readonly hasFilms: boolean;
    }
  /** All cameras that this viewer may see. Sent at the start and when the list changes. */
  | { readonly type: 'cameras'; readonly cameras: readonly CameraStatus[] }
  | { readonly type: 'status'; readonly status: CameraStatus }
  /** Sent before the first fragment of a camera in mode fmp4: `video/mp4; codecs="avc1.42C01F"`. */
  | { readonly type: 'format'; readonly camera: string; readonly mimeType: string }
  | { readonly type: 'time'; readonly id: number; readonly serverMs: number }
  | { readonly type: 'error'; readonly code: string; readonly message: string };

/** What a binary message carries. */
export type PayloadKind = 'jpeg' | 'fmp4-init' | 'fmp4-fragment';

const kinds: readonly PayloadKind[] = ['jpeg', 'fmp4-init', 'fmp4-fragment'];

export interface PictureHeader {
  readonly kind: PayloadKind;
  readonly camera: string;
  /** The camera's frame; wraps at 2^32. */
  readonly sequence: number;
  /** When ffmpeg had delivered the frame; ms since the epoch, the server's clock. */
  readonly capturedMs: number;
  /** When the message was passed to the socket. */
  readonly sentMs: number;
  readonly size: SizePx;
  /** Decoding may begin here (always true for JPEG). */
  readonly isKeyframe: boolean;
  /** The colour is the camera's own. */
  readonly isOwnColor?: boolean;
  /** This is the last frame again. */
  readonly isRepeat?: boolean;
}

const fixedBytes = 30;

/**
 * A header as bytes, big-endian:
 * `u8 version, u8 kind, u16 header length, u32 sequence, f64 capturedMs, f64 sentMs, u16 width, u16 height, u8 flags
 * (1 = keyframe, 2 = own colour,
 * 4 = repeated), u8 id length, id (ASCII)`; the payload follows.
 */
export function encodeHeader(header: PictureHeader): Uint8Array {
  const id = header.camera;
  const bytes = new Uint8Array(fixedBytes + id.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, protocolVersion);
  view.setUint8(1, kinds.indexOf(header.kind));
  view.setUint16(2, bytes.length);
  view.setUint32(4, header.sequence >>> 0);
  view.setFloat64(8, header.capturedMs);
  view.setFloat64(16, header.sentMs);
  view.setUint16(24, header.size.widthPx);
  view.setUint16(26, header.size.heightPx);
  const own = header.isOwnColor === true ? 2 : 0;
  const repeated = header.isRepeat === true ? 4 : 0;
  view.setUint8(28, (header.isKeyframe ? 1 : 0) | own | repeated);
  view.setUint8(29, id.length);
  for (let i = 0; i < id.length; i++) bytes[fixedBytes + i] = id.charCodeAt(i);
  return bytes;
}

/**
 * Reads a binary message.
 * @returns the header and a view of the payload; undefined for another version or a message that is cut off
 */
export function decodeMessage(
  message: ArrayBuffer,
): { header: PictureHeader; payload: Uint8Array<ArrayBuffer> } | undefined {
  if (message.byteLength < fixedBytes) return undefined;
  const view = new DataView(message);
  const length = view.getUint16(2);
  const kind = kinds[view.getUint8(1)];
  const idLength = view.getUint8(29);
  if (view.getUint8(0) !== protocolVersion || kind === undefined) return undefined;
  if (length < fixedBytes + idLength || length > message.byteLength) return undefined;
  return {
    header: {
      kind,
      camera: String.fromCharCode(...new Uint8Array(message, fixedBytes, idLength)),
      sequence: view.getUint32(4),
      capturedMs: view.getFloat64(8),
      sentMs: view.getFloat64(16),
      size: { widthPx: view.getUint16(24), heightPx: view.getUint16(26) },
      isKeyframe: (view.getUint8(28) & 1) !== 0,
      ...((view.getUint8(28) & 2) !== 0 && { isOwnColor: true }),
      ...((view.getUint8(28) & 4) !== 0 && { isRepeat: true }),
    },
    payload: new Uint8Array(message, length),
  };
}
