const pauseAfterMs = 4000;

/**
 * Tells when the page has been hidden for some seconds, and when it is seen again (at once).
 * @param onChange - gets whether pictures are wanted
 */
export function watchVisibility(onChange: (isSeen: boolean) => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (!document.hidden) onChange(true);
    else {
      timer = setTimeout(() => onChange(false), pauseAfterMs);
    }
  });
}
