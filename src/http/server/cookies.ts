/** Value of a cookie in a Cookie header, or undefined. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim();
  }
  return undefined;
}

/** A Set-Cookie header: for scripts unreadable, never sent from other sites. `maxAgeMs` 0 removes the cookie. */
export function setCookie(cookie: { name: string; value: string; maxAgeMs: number; secure: boolean }): string {
  const attributes = ['Path=/', 'HttpOnly', 'SameSite=Strict', `Max-Age=${Math.floor(cookie.maxAgeMs / 1000)}`];
  return [`${cookie.name}=${cookie.value}`, ...attributes, ...(cookie.secure ? ['Secure'] : [])].join('; ');
}
