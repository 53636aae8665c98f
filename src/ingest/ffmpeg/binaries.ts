/** Path of ffmpeg: `FFMPEG_PATH`, or `ffmpeg` on PATH. */
export function ffmpegPath(): string {
  return process.env['FFMPEG_PATH'] ?? 'ffmpeg';
}

/** Path of ffprobe: `FFPROBE_PATH`, or `ffprobe` on PATH. */
export function ffprobePath(): string {
  return process.env['FFPROBE_PATH'] ?? 'ffprobe';
}
