/** The metadata of a still is kept, whatever the formats are. */
import test, { type ExecutionContext } from 'ava';
import sharp, { type Sharp } from 'sharp';
import { openFilmResources, type FilmResources } from '../../../../src/stream/film/film-resources.ts';
import { colorizeImage } from '../../../../src/stream/film/still/colorize-image.ts';
import { bytesTag, readTiff, writeExif } from '../../../../src/stream/film/still/metadata/tiff-tags.ts';
import { writeMetadata } from '../../../../src/stream/film/still/metadata/write-metadata.ts';
import { smallEmbedding } from '../../../helpers/small-embedding.ts';

let resources: FilmResources & AsyncDisposable;

test.before(async () => {
  resources = await openFilmResources({ model: 'starter', embedding: smallEmbedding, device: 'cpu' });
});
test.after.always(() => resources[Symbol.asyncDispose]());

const pictureSize = { widthPx: 96, heightPx: 64 };
const exif = {
  IFD0: {
    Artist: 'Ada Lens',
    Copyright: '(c) 1931 Ada Lens',
    ImageDescription: 'Harbour',
    DateTime: '1931:05:06 07:08:09',
  },
  IFD2: { DateTimeOriginal: '1931:05:06 07:08:09' },
  IFD3: { GPSLatitudeRef: 'N' },
};
const xmp = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:City="Kiel"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;

/** A gray gradient, as raw samples of one channel. */
function grayPicture(): Sharp {
  const samples = Uint8Array.from(
    { length: pictureSize.widthPx * pictureSize.heightPx },
    (_, i) => (i * 7) % 251,
  );
  const raw = { width: pictureSize.widthPx, height: pictureSize.heightPx, channels: 1 } as const;
  return sharp(samples, { raw }).toColourspace('b-w');
}

/** The luma (BT.601) of a picture's stored pixels. */
async function lumaOf(bytes: Uint8Array, page = 0): Promise<number[]> {
  const { depth } = await sharp(bytes).metadata();
  const isDeep = depth === 'ushort';
  const { data, info } = await sharp(bytes, { page, ignoreIcc: true })
    .autoOrient()
    .toColourspace(isDeep ? 'rgb16' : 'srgb')
    .raw({ depth: isDeep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const samples = isDeep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
  return Array.from({ length: info.width * info.height }, (_, i) => {
    const [r, g, b] = samples.subarray(i * info.channels, i * info.channels + 3);
    return Math.round(0.299 * r! + 0.587 * g! + 0.114 * b!);
  });
}

for (const format of ['jpeg', 'png', 'tiff', 'webp'] as const) {
  test(`a scan as ${format} keeps author, rights, date, place, resolution and XMP, and is upright`, async (t) => {
    const scan = await grayPicture()
      .withMetadata({ orientation: 6, density: 300 })
      .withExifMerge(exif)
      .withXmp(xmp)
      .jpeg()
      .toBuffer();
    const { bytes } = await colorizeImage(scan, { format, size: 64, resources });
    const told = await sharp(bytes).metadata();
    t.deepEqual([told.width, told.height], [pictureSize.heightPx, pictureSize.widthPx]);
    t.true(told.orientation === undefined || told.orientation === 1);
    if (format !== 'webp') t.is(told.density, 300);
    const [tags] = readTiff(format === 'tiff' ? bytes : told.exif!.subarray(format === 'jpeg' ? 6 : 0));
    const all = [...tags!.tags, ...tags!.exif, ...tags!.gps];
    const texts = all.filter(({ type }) => type === 2).map(({ value }) => Buffer.from(value).toString());
    for (const text of ['Ada Lens', '(c) 1931 Ada Lens', 'Harbour', '1931:05:06 07:08:09', 'N'])
      t.true(texts.includes(`${text}\0`), text);
    t.regex(told.xmpAsString ?? '', /photoshop:City="Kiel"/);
    t.regex(told.xmpAsString ?? '', /compositeWithTrainedAlgorithmicMedia/);
    t.regex(told.xmpAsString ?? '', /chromafeed:Fingerprint="[0-9a-f]{64}"/);
  });
}

test('a JPEG made from a TIFF keeps the tags and the IPTC data', async (t) => {
  const plain = await grayPicture().tiff().toBuffer();
  const described = writeMetadata(plain, 'tiff', {
    exif: {
      tags: [bytesTag(315, Buffer.from('Ada Lens\0')), bytesTag(33723, Buffer.from('IPTC'))],
      exif: [],
      gps: [],
    },
    xmp,
    icc: undefined,
    photoshop: undefined,
    density: 400,
    pngChunks: [],
    jpegComments: [],
    size: pictureSize,
    hasAlpha: false,
  });
  const { bytes } = await colorizeImage(described, { format: 'jpeg', size: 64, resources });
  const told = await sharp(bytes).metadata();
  t.true(told.exif!.includes('Ada Lens'));
  t.true(told.iptc!.includes('IPTC'));
  t.is(told.density, 400);
  const png = await colorizeImage(described, { format: 'png', size: 64, resources });
  t.regex(png.notices.join(), /no place for IPTC/);
});

for (const [title, make] of [
  ['a gray PNG of 8 bit', () => grayPicture().joinChannel(alphaOf(8), rawAlpha()).png()],
  ['a palette PNG', () => grayPicture().joinChannel(alphaOf(8), rawAlpha()).png({ palette: true })],
  ['a TIFF', () => grayPicture().joinChannel(alphaOf(8), rawAlpha()).tiff({ compression: 'deflate' })],
  [
    'a lossless WebP',
    () => grayPicture().joinChannel(alphaOf(8), rawAlpha()).webp({ lossless: true, exact: true }),
  ],
] as const) {
  test(`${title} keeps its transparency and its luma; a JPEG is refused`, async (t) => {
    const picture = await make().toBuffer();
    const { bytes } = await colorizeImage(picture, { size: 64, resources });
    t.deepEqual(await alphaIn(bytes), await alphaIn(picture));
    await sameLuma(t, bytes, picture);
    const error = await t.throwsAsync(colorizeImage(picture, { format: 'jpeg', size: 64, resources }), {
      code: 'USAGE',
    });
    t.regex(error.message, /JPEG/);
  });
}

test('a PNG of 16 bit with transparency keeps every bit of both', async (t) => {
  const count = pictureSize.widthPx * pictureSize.heightPx;
  const samples = Uint16Array.from({ length: 2 * count }, (_, i) => (i * 977) % 65_521);
  const raw = { width: pictureSize.widthPx, height: pictureSize.heightPx, channels: 2 } as const;
  const picture = await sharp(samples, { raw }).toColourspace('grey16').png().toBuffer();
  const { bytes } = await colorizeImage(picture, { size: 64, resources });
  t.is((await sharp(bytes).metadata()).depth, 'ushort');
  t.deepEqual(await alphaIn(bytes), await alphaIn(picture));
  await sameLuma(t, bytes, picture);
});

test('a profile for RGB is kept, with unchanged samples; a profile for gray is replaced by sRGB, and a notice says so', async (t) => {
  const wide = await grayPicture().toColourspace('srgb').withIccProfile('p3').png().toBuffer();
  const kept = await colorizeImage(wide, { size: 64, resources });
  t.deepEqual((await sharp(kept.bytes).metadata()).icc, (await sharp(wide).metadata()).icc);
  await sameLuma(t, kept.bytes, wide);
  const gray = writeMetadata(await grayPicture().png().toBuffer(), 'png', {
    exif: undefined,
    xmp,
    icc: grayProfile(),
    photoshop: undefined,
    density: undefined,
    pngChunks: [],
    jpegComments: [],
    size: pictureSize,
    hasAlpha: false,
  });
  const { bytes, notices } = await colorizeImage(gray, { size: 64, resources });
  t.is((await sharp(bytes).metadata()).icc, undefined);
  t.regex(notices.join(), /profile for gray/);
  await sameLuma(t, bytes, gray);
});

test('a CMYK JPEG becomes sRGB, and a notice says so', async (t) => {
  const picture = await grayPicture().toColourspace('cmyk').jpeg().toBuffer();
  const { bytes, notices } = await colorizeImage(picture, { size: 64, resources });
  t.is((await sharp(bytes).metadata()).space, 'srgb');
  t.regex(notices.join(), /CMYK/);
});

test('EXIF with big-endian numbers is read like EXIF with little-endian numbers', (t) => {
  const little = writeExif({
    tags: [{ tag: 282, type: 5, count: 1, value: new Uint8Array(Uint32Array.of(300, 1).buffer) }],
    exif: [],
    gps: [],
  });
  const big = Buffer.from('4d4d002a000000080001011a0005000000010000001a000000000000012c00000001', 'hex');
  t.deepEqual(readTiff(big), readTiff(little));
  t.deepEqual(readTiff(Buffer.from('no tags at all')), []);
});

/** The smallest profile for gray: a gamma of 2.2 and a white point. */
function grayProfile(): Uint8Array {
  const d50 = [0xf6d6, 0x10000, 0xd32d];
  const profile = Buffer.alloc(128 + 4 + 2 * 12 + 20 + 16);
  profile.writeUInt32BE(profile.length, 0);
  profile.writeUInt32BE(0x02400000, 8);
  profile.write('mntrGRAYXYZ ', 12, 'latin1');
  profile.write('acsp', 36, 'latin1');
  d50.forEach((value, i) => profile.writeUInt32BE(value, 68 + 4 * i));
  profile.writeUInt32BE(2, 128);
  profile.write('wtpt\0\0\0\x9c\0\0\0\x14kTRC\0\0\0\xb0\0\0\0\x0e', 132, 'latin1');
  profile.write('XYZ ', 156, 'latin1');
  d50.forEach((value, i) => profile.writeUInt32BE(value, 164 + 4 * i));
  profile.write('curv\0\0\0\0\0\0\0\x01\x02\x33', 176, 'latin1');
  return profile;
}

function rawAlpha(): { raw: { width: number; height: number; channels: 1 } } {
  return { raw: { width: pictureSize.widthPx, height: pictureSize.heightPx, channels: 1 } };
}

function alphaOf(bits: 8): Buffer {
  return Buffer.from(
    Array.from({ length: pictureSize.widthPx * pictureSize.heightPx }, (_, i) =>
      i % 2 ** bits < 128 ? 255 : 60,
    ),
  );
}

async function alphaIn(bytes: Uint8Array): Promise<Buffer> {
  const { depth } = await sharp(bytes).metadata();
  const isDeep = depth === 'ushort';
  return sharp(bytes)
    .toColourspace(isDeep ? 'rgb16' : 'srgb')
    .extractChannel('alpha')
    .raw({ depth: isDeep ? 'ushort' : 'uchar' })
    .toBuffer();
}

/** Rounding R'G'B' to whole samples changes luma by at most one. */
async function sameLuma(t: ExecutionContext, bytes: Uint8Array, source: Uint8Array, page = 0): Promise<void> {
  const [after, before] = [await lumaOf(bytes, page), await lumaOf(source, page)];
  t.is(after.length, before.length);
  t.true(after.every((value, i) => Math.abs(value - before[i]!) <= 1));
}
