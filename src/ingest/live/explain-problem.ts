/** What a line of ffmpeg's log says about a lost connection. */
export interface Problem {
  readonly text: string;
  /** A line replaces an earlier one of the same or a lower rank. */
  readonly weight: 'generic' | 'plain' | 'informing';
  /** The camera answered and rejected the user. */
  readonly isRefusal: boolean;
}

/** Texts that ffmpeg uses for many different faults. */
const generic =
  /^(?:Input\/output error|Invalid argument|Invalid data found when processing input|Unknown error occurred|End of file|Server returned 4XX Client Error.*|Error number -?\d+ occurred)$/;

type Explanation = readonly [pattern: RegExp, explain: (match: RegExpExecArray) => string];

const refusals: readonly Explanation[] = [
  [/\b401 Unauthorized|HTTP error 401\b/, () => 'wrong user or password (401 Unauthorized)'],
  [/\b403 Forbidden|HTTP error 403\b/, () => 'the user may not watch this camera (403 Forbidden)'],
];

const explanations: readonly Explanation[] = [
  [/Failed to resolve hostname (\S+?):/, ([, host = '']) => `host not found: ${host}`],
  [/\b404\b.*Not Found|HTTP error 404\b/i, () => 'not found (404): check the path after the host'],
  [
    /\b461\b|Unsupported transport/i,
    () => 'the camera refuses this transport (461): try `transport: udp`, or `tcp` if it is udp',
  ],
  [/Connection refused/, () => 'connection refused: nothing listens on this address and port'],
  [/No route to host|Network is unreachable/, () => 'no route to the host'],
  [/Connection timed out|Operation timed out/, () => 'the host does not answer (timed out)'],
  [/Port missing in uri/, () => 'the address has no port: in a password # / ? and @ must be percent-encoded'],
  [
    /Picture size (\d+x\d+) (?:is invalid|exceeds specified max pixel count)/,
    ([, size = '']) => `the picture of ${size} pixels is larger than maxMegapixels allows`,
  ],
  [/Format not on whitelist/, () => 'the source is a playlist or a format that is not opened'],
  [
    /Protocol '([\w+.-]+)' not on whitelist/,
    ([, name = '']) => `the source leads to ${name}:, which is not opened`,
  ],
  [/Stream map .* matches no streams|does not contain any stream/, () => 'the source has no video'],
];

/**
 * Explains an error in ffmpeg's log in plain words.
 * @param text - without ffmpeg's own marks; may contain credentials
 */
export function explainProblem(text: string): Problem {
  const refusal = firstMatch(refusals, text);
  if (refusal !== undefined) return { text: refusal, weight: 'informing', isRefusal: true };
  const explained = firstMatch(explanations, text);
  if (explained !== undefined) return { text: explained, weight: 'informing', isRefusal: false };
  if (/^Invalid data found when processing input$/.test(text))
    return { text: 'what the source sends is not a video', weight: 'generic', isRefusal: false };
  return { text, weight: generic.test(text) ? 'generic' : 'plain', isRefusal: false };
}

function firstMatch(list: readonly Explanation[], text: string): string | undefined {
  for (const [pattern, explain] of list) {
    const match = pattern.exec(text);
    if (match) return explain(match);
  }
  return undefined;
}
