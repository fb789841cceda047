const BASIC = /^(Basic) +([A-Za-z0-9+/]+={0,2})$/i;

/**
 * A form's parameters. One that is sent without a value was not sent; one that is sent twice is a list, which no call
 * takes (RFC 6749, section 3.2).
 */
export function decodeForm(text: string): Readonly<Record<string, string | string[]>> {
  // In one pass: a body of thousands of names must not hold up everybody else.
  const sent = Map.groupBy(new URLSearchParams(text), ([name]) => name);
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
 * 6749, section 2.3.1), and nobody else (RFC 7617). `undefined` where it makes no difference.
 */
export function decodeClientBasic(authorization: string | undefined): string | undefined {
  const [, scheme, value = ''] = BASIC.exec(authorization ?? '') ?? [];
  if (scheme === undefined) return undefined;
  const written = Buffer.from(value, 'base64').toString('utf8');
  const decoded = decodeParts(written);
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
