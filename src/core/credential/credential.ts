/** What an Authorization field presents; not verified yet. */
export type Presented =
  | { readonly scheme: 'none' | 'other' | 'several' }
  | {
      readonly scheme: 'bearer' | 'basic';
      readonly value: string;
      /** The token came as `Authorization: DPoP`. It is looked up and verified like any other. */
      readonly dpop?: true;
    };

/** A credential that can be looked up and verified. */
export type PresentedCredential = Extract<Presented, { value: string }>;

const SPACE = 0x20;
const NONE: Presented = { scheme: 'none' };
const OTHER: Presented = { scheme: 'other' };
const SEVERAL: Presented = { scheme: 'several' };

/**
 * A further credential behind a comma: `, Scheme value`. Neither a token68 nor a JWT holds a comma (RFC 9110, section
 * 11.2).
 */
const FURTHER_CREDENTIAL = /,\s*(?:bearer|basic|dpop)(?:\s|$)|,\s*[!#$%&'*+.^_`|~0-9a-z-]+ +[^\s=,]/i;

/**
 * Reads an Authorization field value. The scheme is case-insensitive, and one or more spaces follow it (RFC 9110,
 * section 11.4). `Bearer` without a value presents the empty token.
 *
 * Does not inspect the value: a token that is already known, byte for byte, needs no inspection. Use
 * {@link presentsSeveral} for the others.
 */
export function readCredential(authorization: string | undefined): Presented {
  if (authorization === undefined) return NONE;
  if (authorization.startsWith('Bearer ') && authorization.charCodeAt(7) !== SPACE) {
    return { scheme: 'bearer', value: authorization.slice(7) };
  }
  const space = authorization.indexOf(' ');
  const scheme = (space < 0 ? authorization : authorization.slice(0, space)).toLowerCase();
  const value = space < 0 ? '' : authorization.slice(space + 1).replace(/^ +/, '');
  if (scheme === 'bearer' || scheme === 'basic') return { scheme, value };
  if (scheme === 'dpop') return { scheme: 'bearer', value, dpop: true };
  return presentsSeveral(authorization) ? SEVERAL : authorization === '' ? NONE : OTHER;
}

/** Whether a field value, or a credential's value, holds a second credential, as two joined Authorization fields do. */
export function presentsSeveral(value: string): boolean {
  return value.includes(',') && FURTHER_CREDENTIAL.test(value);
}
