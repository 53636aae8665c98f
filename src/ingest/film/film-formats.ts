/**
 * ffmpeg's demuxers that may open a film. Playlists (hls, dash, concat, imf, sdp), scripts (avisynth, vapoursynth),
 * patterns (image2) and devices are excluded: whatever its name, such a file would make ffmpeg read other files or
 * the network. Audio-only formats are included so that the error can name them.
 * @see https://ffmpeg.org/ffmpeg-formats.html, `format_whitelist`
 */
const films = `3g2 3gp 4xm alias_pix amv anm apng argo_brp argo_cvg asf asf_o av1 avi avs avs2 avs3 bethsoftvid bfi bink
  bmp_pipe bmv brender_pix c93 cavsvideo cdg cdxl cine cri_pipe dcstr dds_pipe derf dfa dhav dirac dnxhd dpx_pipe dsicin
  dv dxa ea ea_cdata evc exr_pipe film_cpk filmstrip fits flic flv frm gdv gem_pipe gif gif_pipe gxf h261 h263 h264
  hdr_pipe hevc hnm ico idcin idf iff ifv ingenient ipmovie ipu iv8 ivf ivr j2k_pipe jpeg_pipe jpegls_pipe jpegxl_anim
  jpegxl_pipe jv kux live_flv lmlm4 luodat lvf lxf m4a m4v matroska mgsts mj2 mjpeg mjpeg_2000 mlv mm mods moflex mov mp4
  mpeg mpegts mpegtsraw mpegvideo mpjpeg msnwctcp mtv mv mvi mxf mxg nc nsv nut nuv obu ogg osq paf pam_pipe pbm_pipe
  pcx_pipe pdv pfm_pipe pgm_pipe pgmyuv_pipe pgx_pipe phm_pipe photocd_pipe pictor_pipe pmp png_pipe ppm_pipe psd_pipe
  psxstr pva qdraw_pipe qoi_pipe r3d rl2 rm roq rpl ser sga sgi_pipe siff simbiosis_imx smjpeg smk smush sunrast_pipe swf
  thp tiertexseq tiff_pipe tmv txd ty usm v210 vbn_pipe vc1 vc1test vividas vivo vmd vvc wc3movie webm webp_pipe wsvqa wtv
  xbm_pipe xmv xpm_pipe xwd_pipe yop yuv4mpegpipe`;
const sounds = 'aac ac3 aiff amr ape au caf dts eac3 flac mp3 tta w64 wav wv';

/** Options before `-i` that restrict ffmpeg to this one file. */
export const oneFileOptions: readonly string[] = [
  '-format_whitelist',
  `${films} ${sounds}`.split(/\s+/).join(','),
  '-protocol_whitelist',
  'file',
];

/** The format that ffmpeg detected but was not allowed to open, from its log. */
export function refusedFormat(log: string): string | undefined {
  return /\[([^\]]+?)(?: @ [^\]]*)?\] Format not on whitelist/.exec(log)?.[1];
}
