import { escapeXml } from '../../../escape-xml.ts';
import {
  syntheticSentence,
  syntheticXmp,
  trainedSource,
  type SyntheticMark,
} from '../../../synthetic-mark.ts';

const namespace = 'urn:chromafeed:still#';

/**
 * Builds the XMP packet of a coloured still: the picture's own properties, and that its colour is synthetic.
 * @param own - the picture's packet; it is replaced if it cannot be read as XMP
 * @param fingerprint - of everything that the result depends on
 */
export function mergeXmp(own: string | undefined, mark: SyntheticMark, fingerprint: string): string {
  const said = ownProperties(mark, fingerprint);
  const base = own === undefined || !/<\/([\w-]+):RDF>/.test(own) ? syntheticXmp(mark) : cleaned(own);
  return base.replace(/<\/([\w-]+):RDF>/, (end) => `${said(base)}\n${end}`);
}

/** The fingerprint in a packet that {@link mergeXmp} made. */
export function fingerprintInXmp(xmp: string): string | undefined {
  return /chromafeed:Fingerprint="([0-9a-f]{64})"/.exec(xmp)?.[1];
}

/**
 * Removes what is written again: the kind of source and the marks of an earlier run. Sets the orientation to upright.
 */
function cleaned(own: string): string {
  return own
    .replace(/\s[\w-]+:DigitalSourceType="[^"]*"/g, '')
    .replace(/<([\w-]+:DigitalSourceType)\b[^>]*>[^<]*<\/\1>/g, '')
    .replace(/<[\w-]+:Description [^>]*xmlns:chromafeed=[^>]*\/>\s*/g, '')
    .replace(/(tiff:Orientation=")\d(")/g, '$11$2')
    .replace(/(<tiff:Orientation>)\d(<)/g, '$11$2');
}

function ownProperties(mark: SyntheticMark, fingerprint: string): (packet: string) => string {
  return (packet) => {
    // A packet from another program may use another prefix for RDF.
    const rdf = /<([\w-]+):RDF/.exec(packet)?.[1] ?? 'rdf';
    const hasKind = packet.includes('DigitalSourceType');
    const kind = hasKind ? '' : ` ${trainedSource.namespace} ${trainedSource.kind}`;
    return (
      `<${rdf}:Description ${rdf}:about="" xmlns:chromafeed="${namespace}"${kind}` +
      ` chromafeed:SyntheticColor="${escapeXml(syntheticSentence(mark))}" chromafeed:Fingerprint="${fingerprint}"/>`
    );
  };
}
