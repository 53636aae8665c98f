import { isIP } from 'node:net';
import express, { Router, type Request, type Response } from 'express';
import { AppError } from '../../../errors.ts';
import { notSigned, type PeerAccess } from '../../publish/peer-access.ts';
import { refuse } from '../../publish/server/http-refusal.ts';
import { cameraCall, type CameraCall } from './camera-call.ts';
import type { ClusterView } from './lease-store.ts';
import type { PeerSignatures } from './peer-signature.ts';

export interface ClusterRoutesOptions {
  readonly signatures: PeerSignatures;
  /** A machine has signed a request from this address. */
  readonly onPeer: (address: string) => void;
  /** Does what another machine asks. */
  readonly obey: (call: CameraCall) => Promise<void>;
  /** What this machine has seen in Redis lately. */
  readonly view: () => ClusterView | undefined;
}

/** Answers the other machines. Every request must be signed; all others learn nothing. */
export function clusterRoutes({
  signatures,
  onPeer,
  obey,
  view,
}: ClusterRoutesOptions): PeerAccess['routes'] {
  const router = Router();
  router.use(express.text({ type: () => true, limit: '64kb' }), (request, response, next) => {
    const body = typeof request.body === 'string' ? request.body : '';
    const signed = { method: request.method, path: request.originalUrl, body };
    if (signatures.check(signed, request.headers) === undefined) {
      refuse(response, notSigned);
      return;
    }
    const { remoteAddress = '' } = request.socket;
    if (isIP(remoteAddress) !== 0) onPeer(remoteAddress);
    next();
  });
  router.get('/view', (_request, response) => {
    response.json(view() ?? null);
  });
  router.post('/call', async (request, response) => {
    try {
      await obey(cameraCall.parse(JSON.parse(request.body as string)));
      response.json({});
    } catch (error) {
      const isTheirs =
        error instanceof AppError && (error.code === 'USAGE' || error.code === 'INPUT_MISSING');
      const message = error instanceof Error ? error.message : String(error);
      refuse(response, { status: isTheirs ? 400 : 500, code: isTheirs ? 'USAGE' : 'INTERNAL', message });
    }
  });
  return (request, response, next) => router(request as Request, response as Response, next);
}
