/**
 * ffmpeg's demuxers for a film in place of a camera and for a camera over HTTP. Playlists and scripts (hls, dash,
 * concat, imf, sdp, avisynth) are excluded, because they make ffmpeg open what they name, whatever the name of the
 * source.
 * @see https://ffmpeg.org/ffmpeg-formats.html, `format_whitelist`
 */
const films =
  `asf avi av1 dv flv gif h264 hevc ivf live_flv m4v matroska mjpeg mjpeg_2000 mov mp4 mpeg mpegts mpegvideo
  mpjpeg mxf nut obu ogg webm jpeg_pipe png_pipe webp_pipe yuv4mpegpipe`.split(/\s+/);
/** HLS, and what its segments may contain instead of films: only sound or only subtitles. */
const hls = ['hls', 'aac', 'ac3', 'eac3', 'mp3', 'webvtt'];

/** The list as ffmpeg's `format_whitelist` expects it, separated by commas. */
export const filmFormats = films.join(',');
/** The same with HLS, whose playlists may only lead to HTTP (`protocol_whitelist`). */
export const httpFormats = [...films, ...hls].join(',');
