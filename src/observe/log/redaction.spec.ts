import { describe, expect, it } from 'vitest';
import { makeApiKey } from '../../lib/api-key/api-key.ts';
import { fingerprint, redact } from './redaction.ts';

const HEADER = 'eyJhbGciOiJFUzI1NiJ9';
const PAYLOAD = 'eyJzdWIiOiJqb2UifQ';
const TOKEN = `${HEADER}.${PAYLOAD}.c2lnbmF0dXJl-_`;
const KEY = makeApiKey('sp');

/** A token with this text as its header. */
function printed(header: string): string {
  return `${Buffer.from(header).toString('base64url')}.${PAYLOAD}.c2lnbmF0dXJl-_`;
}

describe('redact()', () => {
  it.each([
    JSON.stringify({ alg: 'ES256', typ: 'JWT' }, null, 2),
    JSON.stringify({ alg: 'ES256' }, null, '\t'),
    '{\r\n  "alg": "ES256"\r\n}',
    '{\n"alg":"ES256"}',
    ' {"alg":"ES256"}',
    '\n{"alg":"ES256"}',
    '\r\n  {\n  "alg":"ES256"}',
    '\t\t\t{"alg":"ES256"}',
    '{}',
    '{ }',
  ])('finds a token with the header %j', (header) => {
    const token = printed(header);
    expect(redact(`a ${token} b`)).toBe('a [redacted] b');
    expect(redact(JSON.stringify({ a: token }))).toBe('{"a":"[redacted]"}');
    expect(JSON.parse(redact(JSON.stringify({ a: `x\n${token}` })))).toEqual({ a: 'x\n[redacted]' });
    expect(redact(`a%20${token}`)).toBe('a%20[redacted]');
  });

  it.each(['ae30a8b0-d982-4b97-990c-9e3cc9841435', '4ae30a8b0d9824b97990c9e3cc984143'])(
    'keeps the request or trace id %s, whose digits decode to an object',
    (id) => {
      expect(redact(`"requestId":"${id}"`)).toBe(`"requestId":"${id}"`);
    },
  );

  it('keeps a SHA-256 in hex whose digits could be the base64url of an object', () => {
    const digest = `3ae5d4049d1e30${'0'.repeat(50)}`;
    expect(redact(`"thumbprint":"${digest}"`)).toBe(`"thumbprint":"${digest}"`);
    expect(redact(`${digest}.${PAYLOAD}.c2ln`)).toContain('[redacted]');
  });

  it.each([
    [`a ${KEY} b`, 'a sp_[redacted] b'],
    [`"${KEY}"`, '"sp_[redacted]"'],
    [`x-api-key: ${KEY}\\n`, 'x-api-key: sp_[redacted]\\n'],
    [`acme_live_${KEY.slice(3)}.`, 'acme_live_[redacted].'],
    [`Bearer ${KEY}`, 'Bearer [redacted]'],
    [`a ${TOKEN} b`, 'a [redacted] b'],
    [`"${TOKEN}"`, '"[redacted]"'],
    [`token=${TOKEN}&x=1`, 'token=[redacted]&x=1'],
    [`t_${TOKEN}`, 't_[redacted]'],
    [`a%20${TOKEN}`, 'a%20[redacted]'],
    [`a ${TOKEN.replaceAll('.', '%2E')} b`, 'a [redacted] b'],
    [`x=e30%2ee30%2ec2ln`, 'x=[redacted]'],
    [`${TOKEN},${TOKEN}`, '[redacted],[redacted]'],
    [`${HEADER}.${PAYLOAD}.`, '[redacted]'],
    [`${HEADER}.${PAYLOAD}`, '[redacted]'],
    [`${HEADER}..${PAYLOAD}.c2ln.dGFn`, '[redacted]'],
    [HEADER, '[redacted]'],
    [`${TOKEN.slice(0, 30)}…`, '[redacted]…'],
    ['eyAiYWxnIjoiSFMyNTYifQ.e30.c2ln', '[redacted]'],
    ['Bearer abc', 'Bearer [redacted]'],
    ['bearer  abc.~+/=', 'bearer [redacted]'],
    ['Basic am9lOnNlY3JldA==', 'Basic [redacted]'],
    ['{"a":"Basic joe:secret"}', '{"a":"Basic [redacted]"}'],
    ['Basic joe:se,cret x', 'Basic [redacted] x'],
    ['Bearer abc,Basic def, bearer ghi', 'Bearer [redacted],Basic [redacted] bearer [redacted]'],
    ['Bearer%20abc', 'Bearer [redacted]'],
    ['authorization=Bearer+abc', 'authorization=Bearer [redacted]'],
    ['redis://joe:secret@10.0.0.1:6379/0', 'redis://[redacted]@10.0.0.1:6379/0'],
    ['https://joe:p@ss@as.example.com/x', 'https://[redacted]@as.example.com/x'],
  ])('turns %j into %j', (line, redacted) => {
    expect(redact(line)).toBe(redacted);
  });

  it.each([
    '{"level":"info","reason":"token_invalid","check":"signature","issuer":"keycloak.example.com"}',
    '{"route":"/3rdparty/v1/messages/{id}","tokenId":"V1StGXR8_Z5jdHi6B-myT"}',
    '{"id":"eyJhbGciOi-short"}',
    'no key set from https://login.example.com/jwks.json@2',
    '{"scheme":"basic","token":"0a1b2c3d4e5f"}',
    'a framework.js of newer keyboards, keyIdentifierOfSomething.pem, e3b0c44298fc1c149afbf4c8996fb924',
    'IHsiYWxn, CnsiYWxn, 10.0.0.1 and 2026-11-26T15:00:00.000Z',
  ])('does not change %j', (line) => {
    expect(redact(line)).toBe(line);
  });

  it('finds secrets after JSON escapes, and leaves the line valid JSON', () => {
    const logged = { a: `x\n${TOKEN}`, b: `\t${HEADER}.`, c: '\nBearer abc', d: 'Bearer\tabc', e: 'Basic\r\n abc' };
    expect(JSON.parse(redact(JSON.stringify(logged)))).toEqual({
      a: 'x\n[redacted]',
      b: '\t[redacted]',
      c: '\nBearer [redacted]',
      d: 'Bearer [redacted]',
      e: 'Basic [redacted]',
    });
  });

  it.each([
    ['token starts', `x${'eyJ'.repeat(320_000)}`],
    ['separate token starts', '-eyJ'.repeat(240_000)],
    ['dots', `eyJ${'.'.repeat(960_000)}`],
    ['only dots', `x${'.'.repeat(960_000)}`],
    ['false token starts', 'ewe'.repeat(320_000)],
    ['false token starts in parts', 'ewo.'.repeat(240_000)],
    ['schemes', 'Bearer '.repeat(136_000)],
    ['escaped spaces', `Basic${'%20'.repeat(320_000)}`],
    ['URL schemes', '://'.repeat(320_000)],
  ])('takes linear time for 1 MB of %s (quadratic time would be many minutes)', (_what, line) => {
    expect(redact(line).length).toBeGreaterThan(0);
  });
});

describe('fingerprint()', () => {
  it('returns 12 stable hex digits that depend on the whole credential', () => {
    expect(fingerprint('')).toBe('e3b0c44298fc');
    expect(fingerprint(TOKEN)).toMatch(/^[0-9a-f]{12}$/);
    expect(fingerprint(TOKEN)).not.toBe(fingerprint(`${TOKEN}=`));
  });
});
