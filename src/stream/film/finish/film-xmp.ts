/** The XMP packet of an mp4 or mov, which cannot store our own tags. */
import { escapeXml } from '../../escape-xml.ts';
import {
  modelLabel,
  syntheticSentence,
  trainedSource,
  type ColorOrigin,
  type SyntheticMark,
} from '../../synthetic-mark.ts';

/** What a film's metadata says. */
export interface FilmStatement {
  readonly mark: SyntheticMark;
  readonly origin: ColorOrigin;
  /** When the source's own colour is shown; undefined: never or always. */
  readonly ownColorSeconds: string | undefined;
  /** The fingerprint of everything that the film depends on. */
  readonly fingerprint: string;
}

/** Builds the packet; {@link fingerprintInXmp} finds the fingerprint in it. */
export function filmXmp({ mark, origin, ownColorSeconds, fingerprint }: FilmStatement): string {
  const facts: Record<string, string | undefined> = {
    Fingerprint: fingerprint,
    SyntheticColor: origin === 'source' ? 'no' : syntheticSentence(mark, origin),
    Model: origin === 'source' ? undefined : modelLabel(mark),
    OwnColorSeconds: ownColorSeconds,
  };
  const attributes = Object.entries(facts).flatMap(([name, value]) =>
    value === undefined ? [] : [`chromafeed:${name}="${escapeXml(value)}"`],
  );
  const kind = origin === 'source' ? [] : [trainedSource.namespace, trainedSource.kind];
  return `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:chromafeed="urn:chromafeed:film#"
 ${[...kind, `xmp:CreatorTool="${escapeXml(mark.program)}"`, ...attributes].join(' ')}/>
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>`;
}
