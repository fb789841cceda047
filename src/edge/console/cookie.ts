/**
 * The session is a login token in a cookie that no script can read and no other site makes the browser send. `__Host-`
 * and `Secure` bind it to this host alone, over TLS or on loopback (RFC 6265bis, section 4.1.3).
 */
const NAME = '__Host-sallyport';
export const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict';
/** A compact JWT (RFC 7515, section 3.1). */
const VALUE = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** The token of a session, where exactly one of its form is presented. */
export function readCookie(field: string | undefined): string | undefined {
  return readOnly(field, NAME, VALUE);
}

/** The value of a cookie of this form that is there once. */
export function readOnly(field: string | undefined, name: string, form: RegExp): string | undefined {
  const pairs = (field ?? '').split(';').map((pair) => pair.trim());
  const values = pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
  const [value] = values;
  return value !== undefined && values.length === 1 && form.test(value) ? value : undefined;
}

/** Whether there is a session at all, also one that cannot be read. */
export function presentsCookie(field: string | undefined): boolean {
  return field?.includes(`${NAME}=`) === true;
}

/** `Set-Cookie` that begins a session. */
export function sessionCookie(token: string, maxAgeSeconds: number): string {
  return `${NAME}=${token}; Max-Age=${maxAgeSeconds}; ${ATTRIBUTES}`;
}

/** `Set-Cookie` that takes the session from the browser. */
export function endedCookie(): string {
  return `${NAME}=; Max-Age=0; ${ATTRIBUTES}`;
}
