const pauseAfterMs = 4000;

/**
 * Reports when the page has been hidden for some seconds, and immediately when it is visible again.
 * @param onChange - receives whether pictures are wanted
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
