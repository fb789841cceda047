import type { FoundCredential } from './found-credential.ts';
import { ABSENT, AMBIGUOUS, foundToken, SEVERAL } from './found-credential.ts';
import { trimSpace } from './trim-space.ts';

/** A cookie that holds a credential. */
export interface CookiePlace {
  readonly name: string;
  /** Matches what another parser could read as a cookie of this name. */
  readonly doubtful: RegExp;
}

/** @param name a token (RFC 9110, section 5.6.2). */
export function cookiePlace(name: string): CookiePlace {
  // No character of a name, nor one that URLs and JSON have before a name.
  const doubtful = `(?:^=*|[\\0-\\x20"(),<>@[\\\\\\]{}\\x7f-\\uffff])${RegExp.escape(name)}\\s*(?:=|$)`;
  return { name, doubtful: new RegExp(doubtful) };
}

/**
 * Reads one cookie of a Cookie field (RFC 6265, section 4.2). Its name is case-sensitive; its value is not decoded.
 *
 * It is ambiguous if another parser could find the name elsewhere: behind a comma, which separates cookies in RFC 2109,
 * within quotes, with white space before its `=`, or without a `=`.
 */
export function findCookie(field: string | undefined, { name, doubtful }: CookiePlace): FoundCredential {
  if (field === undefined || !field.includes(name)) return ABSENT;
  let values = 0;
  let value = '';
  let isQuoted = false;
  for (const pair of field.split(';')) {
    const trimmed = trimSpace(pair);
    const isOwn = trimmed.startsWith(`${name}=`);
    const rest = isOwn ? trimmed.slice(name.length + 1) : trimmed;
    if (doubtful.test(rest) || (isOwn && isQuoted)) return AMBIGUOUS;
    if (isOwn) {
      values += 1;
      value = rest;
    }
    if (pair.split('"').length % 2 === 0) isQuoted = !isQuoted;
  }
  return values > 1 ? SEVERAL : foundToken(value);
}

/** Returns a Cookie field without these cookies, byte for byte; empty if no other is left. */
export function withoutCookies(field: string, cookies: readonly CookiePlace[]): string {
  const others = field.split(';').filter((pair) => {
    const trimmed = trimSpace(pair);
    return trimmed !== '' && !cookies.some(({ name }) => trimmed.startsWith(`${name}=`));
  });
  return trimSpace(others.join(';'));
}
