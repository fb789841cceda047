import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Json, part } from '../../test/support/jwt/forge.ts';
import { checkOf, parseJwt } from './jwt.ts';

const HEADER: Json = { alg: 'RS256', kid: 'k1', typ: 'JWT' };
const PAYLOAD: Json = { iss: 'https://issuer.example', sub: 'someone' };
const H = part(HEADER);
const P = part(PAYLOAD);
const S = 'c2lnbmF0dXJl';

function token(header: Json | string | Uint8Array, payload: Json | string | Uint8Array = PAYLOAD): string {
  return `${part(header)}.${part(payload)}.${S}`;
}

it('checkOf() gives the configured limit for a token that is too long', () => {
  expect(checkOf('length', 2048)).toEqual({ name: 'length', maxLength: 2048 });
  expect(checkOf('parts', 2048)).toBe('parts');
});

describe('parseJwt()', () => {
  it('parses a token without verifying it', () => {
    expect(parseJwt(`${H}.${P}.${S}`)).toEqual({
      algorithm: 'RS256',
      kid: 'k1',
      header: HEADER,
      payload: PAYLOAD,
      thumbprint: createHash('sha256').update(`${H}.${P}`).digest('hex'),
    });
  });

  it('returns the same thumbprint for every signature of a token', () => {
    const thumbprints = [S, 'AA', ''].map((signature) => parseJwt(`${H}.${P}.${signature}`));
    expect(new Set(thumbprints.map((parsed) => typeof parsed === 'object' && parsed.thumbprint)).size).toBe(1);
    expect(parseJwt(token(HEADER, { ...PAYLOAD, sub: 'other' }))).not.toHaveProperty(
      'thumbprint',
      parseJwt(token(HEADER)),
    );
  });

  it('accepts a token without kid and typ', () => {
    expect(parseJwt(token({ alg: 'ES256' }))).toMatchObject({ algorithm: 'ES256', kid: undefined });
  });

  it.each([null, '', []])('treats an empty member as absent: %j', (empty) => {
    const parsed = parseJwt(token({ alg: 'RS256', kid: empty, typ: empty }, { sub: empty, aud: empty, exp: 1 }));
    expect(parsed).toMatchObject({ kid: undefined, header: { alg: 'RS256' }, payload: { exp: 1 } });
    expect(typeof parsed === 'object' && Object.keys({ ...parsed.header, ...parsed.payload })).toEqual(['alg', 'exp']);
    expect(parseJwt(token({ alg: empty }))).toBe('header');
  });

  it('ignores header members that contain or refer to a key', () => {
    const header = { alg: 'RS256', jwk: {}, jku: 'https://evil.example', x5u: 'https://evil.example', x5c: ['MII'] };
    expect(parseJwt(token(header))).toMatchObject({ algorithm: 'RS256', kid: undefined });
  });

  it('uses the last of repeated members, like JSON.parse', () => {
    expect(parseJwt(token('{"alg":"none","alg":"RS256"}'))).toMatchObject({ algorithm: 'RS256' });
    expect(parseJwt(token('{"alg":"RS256","alg":"none"}'))).toMatchObject({ algorithm: 'none' });
    expect(parseJwt(token('{"alg":"RS256","crit":["x"],"crit":[]}'))).toBe('crit');
  });

  it('treats __proto__ as an ordinary member', () => {
    expect(parseJwt(token('{"alg":"RS256","__proto__":{"kid":"k1"}}'))).toMatchObject({ kid: undefined });
    expect(parseJwt(token('{"__proto__":{"alg":"RS256"}}'))).toBe('header');
  });

  it('refuses a token over 16384 characters, or over the given length', () => {
    const fill = 'A'.repeat(16_384 - `${H}.${P}.`.length);
    expect(parseJwt(`${H}.${P}.${fill}`)).toBeTypeOf('object');
    expect(parseJwt(`${H}.${P}.${fill}A`)).toBe('length');
    expect(parseJwt(`${H}.${P}.${fill}AAAA`, 16_388)).toBeTypeOf('object');
    expect(parseJwt(token(HEADER), 10)).toBe('length');
  });

  it.each<[what: string, token: string, malformation: string]>([
    ['an empty token', '', 'empty'],
    ['64 KB', `${H}.${P}.${'A'.repeat(65_536)}`, 'length'],
    ['64 KB of dots', '.'.repeat(65_536), 'length'],
    ['16 KB of dots', '.'.repeat(16_000), 'parts'],
    ['one part', H, 'parts'],
    ['two parts', `${H}.${P}`, 'parts'],
    ['four parts', `${H}.${P}.${S}.`, 'parts'],
    ['five parts, like a JWE', `${H}.${P}.${S}.${S}.${S}`, 'parts'],
    ['no header', `.${P}.${S}`, 'header'],
    ['no payload', `${H}..${S}`, 'payload'],
    ['only dots', '..', 'header'],
    ['padding in the header', `${part('{"alg":"RS256" }')}=.${P}.${S}`, 'encoding'],
    ['padding in the payload', `${H}.${P}==.${S}`, 'encoding'],
    ['padding in the signature', `${H}.${P}.c2k=`, 'encoding'],
    ['stray bits at the end of the header', `${part('{"alg":"R"}').replace(/.$/, nextLetter)}.${P}.${S}`, 'encoding'],
    ['stray bits at the end of the signature', `${H}.${P}.c2l`, 'encoding'],
    ['a single extra character', `${H}.${P}.${S}A`, 'encoding'],
    ['the alphabet of base64', `${H}.${P}.ab+/`, 'encoding'],
    ['a leading space', ` ${H}.${P}.${S}`, 'encoding'],
    ['a trailing space', `${H}.${P}.${S} `, 'encoding'],
    ['a space inside', `${H}.${P.slice(0, 4)} ${P.slice(4)}.${S}`, 'encoding'],
    ['a line break', `${H}.${P}\n.${S}`, 'encoding'],
    ['a carriage return and line break', `${H}.${P}.${S}\r\n`, 'encoding'],
    ['a tab', `${H}\t.${P}.${S}`, 'encoding'],
    ['a NUL', `${H}.${P}.${S}\0`, 'encoding'],
    ['a comma', `${H}.${P}.${S},`, 'encoding'],
    ['non-ASCII', `${H}.${P}.${S}é`, 'encoding'],
    ['a homoglyph of the dot', `${H}。${P}。${S}`, 'parts'],
    ['full-width letters', `${H}.${P}.ＡＡＡＡ`, 'encoding'],
    ['a header that is not JSON', token('alg=RS256'), 'header'],
    ['a header that is an array', token('[]'), 'header'],
    ['a header that is null', token('null'), 'header'],
    ['a header that is a string', token('"RS256"'), 'header'],
    ['a header without alg', token({ typ: 'JWT' }), 'header'],
    ['an alg that is not a string', token({ alg: ['RS256'] }), 'header'],
    ['a kid that is not a string', token({ alg: 'RS256', kid: 1 }), 'header'],
    ['trailing text in the header', token(`${JSON.stringify(HEADER)}x`), 'header'],
    ['a BOM before the header', token(`\uFEFF${JSON.stringify(HEADER)}`), 'header'],
    ['a header of invalid UTF-8', token(Buffer.from('{"alg":"RS256","x":"\xff"}', 'latin1')), 'header'],
    ['a header in UTF-16', token(Buffer.from(JSON.stringify(HEADER), 'utf16le')), 'header'],
    ['crit with an unknown extension', token({ ...HEADER, crit: ['urn:x'], 'urn:x': true }), 'crit'],
    ['crit with b64', token({ ...HEADER, crit: ['b64'], b64: false }), 'crit'],
    ['an empty crit', token({ ...HEADER, crit: [] }), 'crit'],
    ['a crit that is null', token({ ...HEADER, crit: null }), 'crit'],
    ['a payload that is not JSON', token(HEADER, 'sub=someone'), 'payload'],
    ['a payload that is an array', token(HEADER, '[{"sub":"someone"}]'), 'payload'],
    ['a payload that is a number', token(HEADER, '1'), 'payload'],
    ['a payload that is null', token(HEADER, 'null'), 'payload'],
    ['a BOM before the payload', token(HEADER, `\uFEFF${JSON.stringify(PAYLOAD)}`), 'payload'],
    ['a payload of invalid UTF-8', token(HEADER, Buffer.from('{"sub":"\xc3\x28"}', 'latin1')), 'payload'],
    ['half a surrogate pair in the header', token('{"alg":"RS256","kid":"\\ud800"}'), 'header'],
    ['half a surrogate pair in the payload', token(HEADER, '{"aud":["\\udc00"]}'), 'payload'],
    ['half a surrogate pair in a name', token(HEADER, '{"\\ud800":1}'), 'payload'],
    ['a payload of overlong UTF-8', token(HEADER, Buffer.from('{"sub":"\xc0\xaf"}', 'latin1')), 'payload'],
  ])('refuses %s', (_, value, malformation) => {
    expect(parseJwt(value)).toBe(malformation);
  });
});

/** Changes a digit's unused bits, which a lenient decoder ignores. */
function nextLetter(letter: string): string {
  return String.fromCharCode(letter.charCodeAt(0) + 1);
}
