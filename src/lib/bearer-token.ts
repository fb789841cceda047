/** The characters of a bearer token (RFC 6750, section 2.1). */
const BEARER_TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * Returns the bearer token that a file contains; `undefined` if the file is empty, or contains anything but one token
 * and white space around it.
 */
export function readBearerToken(contents: Uint8Array): string | undefined {
  const token = Buffer.from(contents).toString('latin1').trim();
  return BEARER_TOKEN.test(token) ? token : undefined;
}
