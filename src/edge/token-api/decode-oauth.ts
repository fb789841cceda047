import { decodeUtf8, parseForm } from '../../lib/utf8.ts';

const BASIC = /^(Basic) +([A-Za-z0-9+/]+={0,2})$/i;

/**
 * Returns the parameters of a form. A parameter without a value is left out. One that is sent twice is a list, which no
 * call accepts (RFC 6749, section 3.2). Returns `undefined` for a body that is not UTF-8, before or after
 * percent-decoding.
 */
export function decodeForm(body: Uint8Array): Readonly<Record<string, string | string[]>> | undefined {
  const form = parseForm(decodeUtf8(body));
  if (form === undefined) return undefined;
  // In one pass, because a body with thousands of names must not block the event loop.
  const sent = Map.groupBy(form, ([name]) => name);
  const given = [...sent].flatMap(([name, pairs]): [name: string, value: string | string[]][] => {
    const [value = '', ...more] = pairs.map(([, each]) => each);
    if (more.length > 0) return [[name, [value, ...more]]];
    return value === '' ? [] : [[name, value]];
  });
  // An assignment to `__proto__` would set the prototype.
  return Object.fromEntries(given);
}

type Form = NonNullable<ReturnType<typeof decodeForm>>;

/**
 * Tells whether a client authenticates in two ways at once, or incompletely: with a secret in the form and an
 * Authorization field, without a `client_id`, or with one of the two parameters twice (RFC 6749, section 2.3).
 */
export function isAmbiguousClient({ client_id, client_secret }: Form, authorization: string | undefined): boolean {
  if (client_secret === undefined) return false;
  return authorization !== undefined || typeof client_id !== 'string' || typeof client_secret !== 'string';
}

/**
 * Returns `client_id` and `client_secret` of a form (`client_secret_post`, RFC 6749, section 2.3.1) as Basic credentials
 * (RFC 7617), or `undefined` if the form has none. An account's name has no colon: a `client_id` with a colon is refused
 * like any unknown name, and is not split into a shorter name and a password.
 */
export function readClientSecret(form: unknown): string | undefined {
  if (typeof form !== 'object' || form === null || !('client_id' in form && 'client_secret' in form)) return undefined;
  const { client_id: name, client_secret: secret } = form;
  if (typeof name !== 'string' || typeof secret !== 'string') return undefined;
  return `Basic ${Buffer.from(`${name.replaceAll(':', '\0')}:${secret}`).toString('base64')}`;
}

/**
 * Returns Basic credentials with the form encoding of name and password undone. OAuth clients encode them (RFC 6749,
 * section 2.3.1), other clients do not (RFC 7617). Returns `undefined` if decoding changes nothing or the result is not
 * UTF-8.
 */
export function decodeClientBasic(authorization: string | undefined): string | undefined {
  const [, scheme, value = ''] = BASIC.exec(authorization ?? '') ?? [];
  if (scheme === undefined) return undefined;
  const written = decodeUtf8(Buffer.from(value, 'base64'));
  const decoded = written === undefined ? undefined : decodeParts(written);
  if (decoded === undefined || decoded === written) return undefined;
  return `${scheme} ${Buffer.from(decoded).toString('base64')}`;
}

function decodeParts(pair: string): string | undefined {
  try {
    return pair
      .split(':')
      .map((part) => decodeURIComponent(part.replaceAll('+', ' ')))
      .join(':');
  } catch {
    return undefined;
  }
}
