import { readFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { Registry } from 'prom-client';
import type { EncodedPicture } from '../../../../src/stream/live/camera-feed.ts';
import { epochMs } from '../../../../src/stream/live/epoch.ts';
import type { VideoFragment } from '../../../../src/stream/publish/video/video-stream.ts';
import { ClusterMetrics } from '../../../../src/stream/serve/cluster/cluster-metrics.ts';
import { clusterRoutes } from '../../../../src/stream/serve/cluster/cluster-routes.ts';
import { PeerClient, type PeerMachine } from '../../../../src/stream/serve/cluster/peer-client.ts';
import { PeerSignatures } from '../../../../src/stream/serve/cluster/peer-signature.ts';
import { RelayedCamera } from '../../../../src/stream/serve/cluster/relayed-camera.ts';
import { makeCertificate } from '../../../helpers/certificate.ts';
import { FedDirectory } from '../../../helpers/fed-camera.ts';
import { publishConfig, testPublisher, users } from '../../../helpers/publisher.ts';
import { tempFolder } from '../../../helpers/run-ffmpeg.ts';
import { until } from '../../../helpers/until.ts';

const secret = 'the secret of all machines';

/** A machine with the camera `door`, which only other machines and Anna, Ben and Root may see. It speaks TLS. */
async function startOwner(
  t: ExecutionContext,
): Promise<{ owner: PeerMachine; cameras: FedDirectory; ca: string }> {
  const tls = await makeCertificate(await tempFolder(t), 'owner');
  const cameras = new FedDirectory('door');
  const signatures = new PeerSignatures({ secret, name: 'owner' });
  const { url } = await testPublisher(t, publishConfig({ tls, users }), {
    cameras,
    videoOf: ({ id }) => cameras.camera(id).video,
    originalOf: ({ id }) => cameras.camera(id).original,
    peers: {
      cameras,
      routes: clusterRoutes({
        signatures,
        onPeer: () => undefined,
        obey: () => Promise.resolve(),
        view: () => undefined,
      }),
      admit: ({ method = '', url: path = '', headers }) => signatures.check({ method, path }, headers),
      isPeerAddress: () => false,
    },
  });
  const address = url.replace('https:', 'wss:').slice(0, -1);
  return { owner: { name: 'owner', address }, cameras, ca: await readFile(tls.cert, 'utf8') };
}

function clientOf(ca: string | undefined): PeerClient {
  return new PeerClient(new PeerSignatures({ secret, name: 'here' }), ca);
}

test('pictures of another machine come over TLS as the same bytes, encoded once for all viewers', async (t) => {
  const { owner, cameras, ca } = await startOwner(t);
  const door = cameras.camera('door');
  const client = clientOf(ca);
  const metrics = new ClusterMetrics(new Registry());
  const relayed = new RelayedCamera({ id: 'door', config: () => undefined, client, metrics });
  t.teardown(() => relayed.complete());
  relayed.follow({ owner, status: door.status, problem: undefined });

  const [first, second, there]: EncodedPicture[][] = [[], [], []];
  const request = { heightPx: 180, isMarked: false };
  relayed.jpegs$(request).subscribe((picture) => first?.push(picture));
  await until(() => door.running.length === 1, 'the owner is asked');
  relayed.jpegs$(request).subscribe((picture) => second?.push(picture));
  await until(() => door.starts === 2, 'it begins anew for the second viewer');
  door.jpegs$(request).subscribe((picture) => there?.push(picture));
  door.show();
  await until(() => first?.length === 1 && second?.length === 1, 'both see the picture');
  t.is(door.encodes, 1);
  t.deepEqual(Buffer.from(first![0]!.jpeg), Buffer.from(there![0]!.jpeg));
  t.true(Math.abs(first![0]!.capturedMs - epochMs()) < 5000);
  relayed.complete();
  await until(() => door.running.length === 1, 'the owner encodes only for its own viewer');
});

test('H.264 of another machine begins with a keyframe, and its beginning stays the same for later viewers', async (t) => {
  const { owner, cameras, ca } = await startOwner(t);
  const { video, status } = cameras.camera('door');
  const client = clientOf(ca);
  const metrics = new ClusterMetrics(new Registry());
  const relayed = new RelayedCamera({ id: 'door', config: () => undefined, client, metrics });
  t.teardown(() => relayed.complete());
  relayed.follow({ owner, status, problem: undefined });
  const fragments: VideoFragment[] = [];
  relayed.video(360).fragments$.subscribe((fragment) => fragments.push(fragment));
  await until(() => video.isWatched, 'the owner is asked');
  video.show(true);
  video.show(false);
  await until(() => fragments.length === 2, 'two fragments');
  t.deepEqual(
    fragments.map(({ isKeyframe }) => isKeyframe),
    [true, false],
  );
  t.is(fragments[0]?.init, fragments[1]?.init);
  t.is(fragments[0]?.init.data.length, 700);
  relayed.video(360).fragments$.subscribe();
  await until(() => video.isWatched, 'the owner is asked again');
  await until(() => {
    if (fragments.length < 3) video.show(true);
    return fragments.length >= 3;
  }, 'the keyframe for the later viewer');
  t.is(fragments.at(-1)?.init, fragments[0]?.init);
});

test('a machine whose certificate is not trusted, or whose secret differs, is named as unreachable', async (t) => {
  const { owner, ca } = await startOwner(t);
  const code = 'MACHINE_UNAVAILABLE';
  await t.throwsAsync(clientOf(undefined).ask(owner, '/cluster/view'), {
    code,
    message: /"owner".*certificate/,
  });
  const stranger = new PeerClient(new PeerSignatures({ secret: `${secret}!`, name: 'x' }), ca);
  await t.throwsAsync(stranger.ask(owner, '/cluster/view'), { code, message: /401 .*cluster\.secret/ });
  t.is(await clientOf(ca).ask(owner, '/cluster/view'), null);
});
