/**
 * Logs a wall display in by a link: `kiosk.html#token=TOKEN&camera=ID`. The part after `#` never leaves the browser as
 * part of a URL, so the token is in no log. A bookmark of the link logs in again after every start.
 */
const parameters = new URLSearchParams(location.hash.slice(1));
const message = document.getElementById('message');
const camera = parameters.get('camera');

history.replaceState(null, '', location.pathname); // the screen must not show the token
void logIn(parameters.get('token') ?? '');

async function logIn(token: string): Promise<void> {
  const response = await fetch('login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ token, kiosk: true }),
  }).catch(() => undefined);
  if (response?.ok === true)
    location.replace(camera === null ? './' : `./#camera=${encodeURIComponent(camera)}`);
  else if (message !== null) message.textContent = faultOf(response);
}

function faultOf(response: Response | undefined): string {
  if (response === undefined) return 'The server does not answer. Reload this page to try again.';
  if (response.status === 429) return 'Too many wrong tokens. Wait a minute, then open the link again.';
  return 'The link is not valid. Open the link with the current token: kiosk.html#token=TOKEN';
}
