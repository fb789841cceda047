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
