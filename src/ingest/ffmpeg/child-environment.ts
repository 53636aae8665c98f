/**
 * The environment variables that ffmpeg and ffprobe get. All others are held back: the passwords of the config come
 * from the environment, and every process of the same user can read a child's environment.
 */
const passed: readonly RegExp[] = [
  // Finding programs, libraries, folders.
  /^(?:PATH|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|HOME|TMPDIR|TMP|TEMP|XDG_RUNTIME_DIR|XDG_CACHE_HOME)$/,
  /^(?:SystemRoot|SystemDrive|windir|PATHEXT|USERPROFILE|LOCALAPPDATA)$/i,
  // Language of messages, time zone.
  /^(?:LANG|LC_[A-Z]+|TZ)$/,
  // Proxies and certificates of HTTPS.
  /^(?:http|https|all|no)_proxy$/i,
  /^SSL_CERT_(?:FILE|DIR)$/,
  // Drivers of graphics cards: CUDA, VA-API, VDPAU, Vulkan, OpenCL, oneVPL, Mesa.
  /^CUDA_(?:VISIBLE_DEVICES|DEVICE_ORDER|CACHE_PATH|CACHE_DISABLE|HOME|PATH|MODULE_LOADING)$/,
  /^NVIDIA_(?:VISIBLE_DEVICES|DRIVER_CAPABILITIES)$/,
  /^(?:LIBVA_(?:DRIVER_NAME|DRIVERS_PATH)|VDPAU_DRIVER|VK_(?:ICD_FILENAMES|DRIVER_FILES)|OCL_ICD_VENDORS)$/,
  /^(?:ONEVPL_SEARCH_PATH|DRI_PRIME|MESA_LOADER_DRIVER_OVERRIDE|LIBGL_DRIVERS_PATH)$/,
];

/** Returns the environment for a child that runs ffmpeg or ffprobe; a new object. */
export function childEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => passed.some((pattern) => pattern.test(name))),
  );
}
