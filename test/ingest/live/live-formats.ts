import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { HttpSource } from '../../helpers/http-source.ts';
import { runFfmpeg, tempFolder } from '../../helpers/run-ffmpeg.ts';
import { watchFeed } from '../../helpers/watched-feed.ts';

const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=160x120:r=10:d=2', '-c:v', 'libx264', '-g', '10'];

/** Playlists that refer to a film in the same folder, by the film's name. */
const playlists: Readonly<Record<string, string>> = {
  hls: '#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfilm.ts\n#EXT-X-ENDLIST\n',
  concat: 'ffconcat version 1.0\nfile film.ts\n',
  dash: '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" profiles="urn:mpeg:dash:profile:isoff-main:2011" mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>film.ts</BaseURL></Representation></AdaptationSet></Period></MPD>',
};

for (const [kind, text] of Object.entries(playlists)) {
  test(`a playlist (${kind}) in place of a film is not opened, whatever its name`, async (t) => {
    const folder = await tempFolder(t);
    await runFfmpeg([...picture, join(folder, 'film.ts')]);
    await writeFile(join(folder, 'reel.mp4'), text);
    await using watched = watchFeed({ source: `file:${folder}/reel.mp4` });
    await watched.until('a loss', () => watched.state.kind === 'reconnecting');
    t.is(watched.times.length, 0);
    t.regex(watched.reason, /^could not connect: (?:the source is a playlist|what the source sends is not)/);
  });
}

test('HLS is opened over HTTP, other playlists are not', async (t) => {
  const { stdout } = await runFfmpeg([...picture, '-f', 'mpegts', '-']);
  for (const [kind, text] of Object.entries(playlists)) {
    await using source = await HttpSource.start((response) => {
      response.end(response.req.url === '/film.ts' ? stdout : text);
    });
    await using watched = watchFeed({ source: source.url('/list.m3u8') });
    if (kind === 'hls') await watched.untilFrames(5);
    else await watched.until('a loss', () => watched.state.kind === 'reconnecting');
    t.is(source.requests.includes('/film.ts'), kind === 'hls', kind);
  }
});

test("HLS over HTTP cannot make ffmpeg read this machine's files", async (t) => {
  const film = join(await tempFolder(t), 'film.ts');
  await runFfmpeg([...picture, film]);
  await using source = await HttpSource.start((response) => {
    response.end((playlists['hls'] ?? '').replace('film.ts', `file://${film}`));
  });
  await using watched = watchFeed({ source: source.url('/list.m3u8') });
  await watched.until('a loss', () => watched.state.kind === 'reconnecting');
  t.is(watched.times.length, 0);
});

test('a picture of more megapixels than the config allows is not decoded, and the reason says so', async (t) => {
  const film = join(await tempFolder(t), 'film.mkv');
  await runFfmpeg([...picture, film]);
  await using watched = watchFeed({ source: `file:${film}`, maxMegapixels: 0.015 });
  await watched.until('a loss', () => watched.state.kind === 'reconnecting');
  t.is(watched.times.length, 0);
  t.regex(watched.reason, /the picture of 160x120 pixels is larger than maxMegapixels allows/);
  await using wider = watchFeed({ source: `file:${film}`, maxMegapixels: 0.03 });
  await wider.untilFrames(1);
});
