import { decodeUtf8, parseForm } from '../../lib/utf8.ts';

const BASIC = /^(Basic) +([A-Za-z0-9+/]+={0,2})$/i;

/**
 * A form's parameters. One that is sent without a value was not sent; one that is sent twice is a list, which no call
 * takes (RFC 6749, section 3.2). `undefined` where it is not UTF-8, before or after percent-decoding.
 */
export function decodeForm(body: Uint8Array): Readonly<Record<string, string | string[]>> | undefined {
  const form = parseForm(decodeUtf8(body));
  if (form === undefined) return undefined;
  // In one pass: a body of thousands of names must not hold up everybody else.
  const sent = Map.groupBy(form, ([name]) => name);
  const given = [...sent].flatMap(([name, pairs]): [name: string, value: string | string[]][] => {
    const [value = '', ...more] = pairs.map(([, each]) => each);
    if (more.length > 0) return [[name, [value, ...more]]];
    return value === '' ? [] : [[name, value]];
  });
  // Not by assignment, to which `__proto__` is no name.
  return Object.fromEntries(given);
}

type Form = NonNullable<ReturnType<typeof decodeForm>>;

/**
 * Whether a client authenticates in two ways at once, or halfway: by a secret in the form beside an Authorization field,
 * without a `client_id`, or by one of them twice (RFC 6749, section 2.3).
 */
export function isAmbiguousClient({ client_id, client_secret }: Form, authorization: string | undefined): boolean {
  if (client_secret === undefined) return false;
  return authorization !== undefined || typeof client_id !== 'string' || typeof client_secret !== 'string';
}

/**
 * `client_id` and `client_secret` of a form (RFC 6749, section 2.3.1: `client_secret_post`), as Basic credentials say
 * them (RFC 7617); `undefined` where there are none. No account has a colon in
 * its name, so what has one is refused like any wrong name, and not read as another name.
 */
export function readClientSecret(form: unknown): string | undefined {
  if (typeof form !== 'object' || form === null || !('client_id' in form && 'client_secret' in form)) return undefined;
  const { client_id: name, client_secret: secret } = form;
  if (typeof name !== 'string' || typeof secret !== 'string') return undefined;
  return `Basic ${Buffer.from(`${name.replaceAll(':', '\0')}:${secret}`).toString('base64')}`;
}

/**
 * Basic credentials whose name and password were encoded as in a form, without that: so clients of OAuth send them (RFC
 * 6749, section 2.3.1), and nobody else (RFC 7617). `undefined` where it makes no difference, or is not UTF-8.
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
