/**
 * The formats, by ffmpeg's demuxers, that a film in place of a camera, or a camera that is reached by HTTP, may have.
 * Playlists and scripts (hls, dash, concat, imf, sdp, avisynth) are not among them: they make ffmpeg open what they
 * name, whatever the name of the source says.
 * @see https://ffmpeg.org/ffmpeg-formats.html, `format_whitelist`
 */
const films =
  `asf avi av1 dv flv gif h264 hevc ivf live_flv m4v matroska mjpeg mjpeg_2000 mov mp4 mpeg mpegts mpegvideo
  mpjpeg mxf nut obu ogg webm jpeg_pipe png_pipe webp_pipe yuv4mpegpipe`.split(/\s+/);
/** HLS and what its segments may hold beside films: sound or subtitles alone. */
const hls = ['hls', 'aac', 'ac3', 'eac3', 'mp3', 'webvtt'];

/** The list as ffmpeg's `format_whitelist` expects it, separated by commas. */
export const filmFormats = films.join(',');
/** The same with HLS, whose playlists may lead to HTTP only (`protocol_whitelist`). */
export const httpFormats = [...films, ...hls].join(',');
