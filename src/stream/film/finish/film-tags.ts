/** The tags of a whole film: those of the source, and those that say that the colour is synthetic. */
import type { Container } from '../encode/encoders.ts';

/** Tags that say how a file was made. They do not apply to the new file. */
const technicalTags: readonly string[] = ['major_brand', 'minor_version', 'compatible_brands', 'software'];
const ownSentence = /(?: \| )?Colour is synthetic: made by .*? Luma is the source's\./g;

/** Tags that ffmpeg writes in mp4 and mov under names that all programs read (those of iTunes and QuickTime). */
const mp4Tags: readonly string[] =
  `title artist album_artist composer album date year comment genre copyright grouping lyrics description synopsis show
  episode_id network keywords track disc author performer encoder encoded_by make model location timecode creation_time
  season_number episode_sort media_type hd_video gapless_playback compilation handler_name vendor_id language`.split(
    /\s+/,
  );

/**
 * Merges the source's tags with ours. The source's comment is kept, and ours follows it.
 * @param ours - including `comment`
 */
export function filmTags(
  source: Readonly<Record<string, string>>,
  ours: Readonly<Record<string, string>>,
): Record<string, string> {
  const own = valueOf(source, 'comment')?.replaceAll(ownSentence, '').trim();
  const comment = ours['comment'] ?? '';
  return {
    ...Object.fromEntries(technicalTags.map((name) => [name, ''])),
    ...ours,
    comment: own === undefined || own === '' ? comment : `${own} | ${comment}`,
  };
}

/** The names of the source's tags that the container cannot store. */
export function lostTags(source: Readonly<Record<string, string>>, container: Container): string[] {
  if (container !== 'mp4' && container !== 'mov') return [];
  const names = Object.keys(source).filter((name) => !/^(?:synthetic_color|chromafeed)/i.test(name));
  return names.filter((name) => {
    const plain = name.toLowerCase().replace(/-\w{3}$/, '');
    return !mp4Tags.includes(plain) && !technicalTags.includes(plain);
  });
}

function valueOf(tags: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(tags).find(([key]) => key.toLowerCase() === name)?.[1];
}
