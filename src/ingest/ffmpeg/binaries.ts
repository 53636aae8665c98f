/** Where ffmpeg is: `FFMPEG_PATH`, else on PATH. */
export function ffmpegPath(): string {
  return process.env['FFMPEG_PATH'] ?? 'ffmpeg';
}

/** Where ffprobe is: `FFPROBE_PATH`, else on PATH. */
export function ffprobePath(): string {
  return process.env['FFPROBE_PATH'] ?? 'ffprobe';
}
