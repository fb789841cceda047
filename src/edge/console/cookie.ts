/**
 * The session cookie. It holds a login token, is hidden from scripts and is not sent with requests from other sites.
 * `__Host-` and `Secure` bind it to this host, over TLS or on loopback (RFC 6265bis, section 4.1.3).
 */
const NAME = '__Host-sallyport';
export const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict';
/** A compact JWT (RFC 7515, section 3.1). */
const VALUE = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Returns the token of the session; `undefined` unless exactly one well-formed cookie is presented. */
export function readCookie(field: string | undefined): string | undefined {
  return readOnly(field, NAME, VALUE);
}

/** Returns the value of a cookie that is presented once and has this form; otherwise `undefined`. */
export function readOnly(field: string | undefined, name: string, form: RegExp): string | undefined {
  const pairs = (field ?? '').split(';').map((pair) => pair.trim());
  const values = pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
  const [value] = values;
  return value !== undefined && values.length === 1 && form.test(value) ? value : undefined;
}

/** Tells whether a session cookie is presented, even a malformed one. */
export function presentsCookie(field: string | undefined): boolean {
  return field?.includes(`${NAME}=`) === true;
}

/** Returns the `Set-Cookie` that begins a session. */
export function sessionCookie(token: string, maxAgeSeconds: number): string {
  return `${NAME}=${token}; Max-Age=${maxAgeSeconds}; ${ATTRIBUTES}`;
}

/** Returns the `Set-Cookie` that deletes the session cookie. */
export function clearedCookie(): string {
  return `${NAME}=; Max-Age=0; ${ATTRIBUTES}`;
}
