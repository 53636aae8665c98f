/** The style of the login page. It is a file because the content security policy forbids inline styles. */
export const loginCss = `:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid; place-items: center; }
form { display: grid; gap: 0.75rem; width: min(20rem, 90vw); }
h1 { font-size: 1.25rem; margin: 0; }
label { display: grid; gap: 0.25rem; }
input, button { font: inherit; padding: 0.5rem; border: 1px solid GrayText; border-radius: 4px; }
button { cursor: pointer; }
.hint { margin: 0; color: GrayText; font-size: 0.875rem; }
[role='alert'] { margin: 0; padding: 0.5rem; border-left: 4px solid #c62828; }
`;

/**
 * The login page. It works without JavaScript.
 * @param fault - why the last attempt failed
 * @param user - the name that was entered then
 */
export function loginPage(fault: string | undefined, user = ''): string {
  const alert = fault === undefined ? '' : `\n    <p role="alert">${escapeHtml(fault)}</p>`;
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Log in - Chromafeed</title>
    <link rel="icon" href="/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/login.css" />
  </head>
  <body>
    <form method="post" action="/login">
    <h1>Chromafeed</h1>${alert}
    <label>User <input name="user" autocomplete="username" required maxlength="64" value="${escapeHtml(user)}"${user === '' ? ' autofocus' : ''} /></label>
    <label>Token <input name="token" type="password" autocomplete="current-password" required maxlength="512"${user === '' ? '' : ' autofocus'} /></label>
    <button>Log in</button>
    <p class="hint">The administrator of this server gives you the token: the command <code>chromafeed token</code> makes it.</p>
    </form>
  </body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
