import type { ModelCredit } from '../model/colorizer.ts';
import { packageVersion } from '../version.ts';
import { escapeXml } from './escape-xml.ts';

/** What outputs say of their colour. */
export interface SyntheticMark {
  readonly program: string;
  readonly model: string;
  readonly modelVersion: number;
  /** of an imported network */
  readonly licence?: string | undefined;
  /** the network that its colour is averaged with, and how much is that one's, 0..1 */
  readonly blend?: { readonly credit: ModelCredit; readonly share: number } | undefined;
  /** the file name of the photo whose style the colour has */
  readonly style?: string | undefined;
}

/** The mark of outputs of this program. @param credit - of the network */
export function markOf(credit: ModelCredit): SyntheticMark {
  return markBy(`chromafeed ${packageVersion}`, credit);
}

/** The mark of outputs of a program. @param credit - of the network */
export function markBy(
  program: string,
  { name, version, licence, blend, style }: ModelCredit,
): SyntheticMark {
  return { program, model: name, modelVersion: version, licence, blend, style };
}

/** Whose colour a picture or a film has: the network's, the source's own, or each in some scenes. */
export type ColorOrigin = 'network' | 'source' | 'both';

/** The mark as a sentence for a container's comment. @param origin - `both`: the sentence says so */
export function syntheticSentence(
  mark: SyntheticMark,
  origin: Exclude<ColorOrigin, 'source'> = 'network',
): string {
  const where = origin === 'both' ? ' in some scenes, and that of the source in others' : '';
  return `Colour is synthetic${where}: made by ${mark.program} with the ${modelText(mark)}${styleText(mark)}. Luma is the source's.`;
}

function styleText({ style }: SyntheticMark): string {
  return style === undefined ? '' : `, in the style of the photo ${style}`;
}

function modelText({ model, modelVersion, licence, blend }: SyntheticMark): string {
  const one = creditText({ name: model, version: modelVersion, licence });
  if (blend === undefined) return `model ${one}`;
  return `models ${one} and ${creditText(blend.credit)}, ${percent(blend.share)} of it by the second`;
}

function creditText({ name, version, licence }: ModelCredit): string {
  return `${name} version ${version}${licence === undefined ? '' : ` (licence: ${licence})`}`;
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`;
}

/** The model in few words: `trunk 3`, or `trunk 3 + ddcolor 1 (50 %)`. */
export function modelLabel({ model, modelVersion, blend }: SyntheticMark): string {
  if (blend === undefined) return `${model} ${modelVersion}`;
  const { credit, share } = blend;
  return `${model} ${modelVersion} + ${credit.name} ${credit.version} (${percent(share)})`;
}

/** Licences of imported networks, each once; empty: there is none. */
function licencesOf({ licence, blend }: SyntheticMark): string {
  const all = [licence, blend?.credit.licence].filter((one) => one !== undefined);
  return [...new Set(all)].join('; ');
}

/** The container tag with the fingerprint of everything that a film depends on. */
export const fingerprintTag = 'chromafeed_fingerprint';

/** The mark as container metadata. */
export function syntheticMetadata(
  mark: SyntheticMark,
  origin: ColorOrigin = 'network',
): Record<string, string> {
  if (origin === 'source') return { synthetic_color: 'no' };
  const licences = licencesOf(mark);
  return {
    comment: syntheticSentence(mark, origin),
    synthetic_color: origin === 'both' ? 'partly' : 'yes',
    synthetic_color_model: modelLabel(mark),
    ...(licences === '' ? {} : { synthetic_color_licence: licences }),
    ...(mark.style === undefined ? {} : { synthetic_color_style: mark.style }),
    synthetic_color_program: mark.program,
  };
}

/**
 * IPTC's term for pictures that a trained model had part in, as an attribute of XMP with its namespace.
 * @see https://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia
 */
export const trainedSource = {
  namespace: 'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"',
  kind: 'Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"',
} as const;

/** The mark as an XMP packet. */
export function syntheticXmp(mark: SyntheticMark): string {
  return `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" ${trainedSource.namespace} xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 ${trainedSource.kind} xmp:CreatorTool="${escapeXml(mark.program)}">
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">${escapeXml(syntheticSentence(mark))}</rdf:li></rdf:Alt></dc:description>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>`;
}
