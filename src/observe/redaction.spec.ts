import { hrtime } from 'node:process';
import { describe, expect, it } from 'vitest';
import { fingerprint, redact, redactPath } from './redaction.ts';

const HEADER = 'eyJhbGciOiJFUzI1NiJ9';
const PAYLOAD = 'eyJzdWIiOiJqb2UifQ';
const TOKEN = `${HEADER}.${PAYLOAD}.c2lnbmF0dXJl-_`;

describe('redact()', () => {
  it.each([
    [`a ${TOKEN} b`, 'a [redacted] b'],
    [`"${TOKEN}"`, '"[redacted]"'],
    [`token=${TOKEN}&x=1`, 'token=[redacted]&x=1'],
    [`t_${TOKEN}`, 't_[redacted]'],
    [`a%20${TOKEN}`, 'a%20[redacted]'],
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
  ])('leaves %j alone', (line) => {
    expect(redact(line)).toBe(line);
  });

  it('finds what JSON has escaped, and leaves the line JSON', () => {
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
    ['beginnings of tokens', `x${'eyJ'.repeat(40_000)}`],
    ['beginnings of tokens apart', '-eyJ'.repeat(30_000)],
    ['dots', `eyJ${'.'.repeat(120_000)}`],
    ['schemes', 'Bearer '.repeat(17_000)],
    ['escaped spaces', `Basic${'%20'.repeat(40_000)}`],
    ['schemes of URLs', '://'.repeat(40_000)],
  ])('is quick when a line is 120 KB of %s', (_what, line) => {
    const began = hrtime.bigint();
    redact(line);
    expect(Number(hrtime.bigint() - began) / 1e6).toBeLessThan(200);
  });
});

describe('redactPath()', () => {
  it.each([
    ['/3rdparty/v1/messages', '/3rdparty/v1/messages'],
    ['/x?access_token=secret', '/x'],
    ['/x%3Faccess_token=secret', '/x'],
    ['/x%253faccess_token=secret', '/x'],
    ['/x#access_token=secret', '/x'],
    ['/x%23access_token=secret', '/x'],
    ['/x;jsessionid=secret/y', '/x'],
    ['/x%3bjsessionid=secret', '/x'],
    [`/reset/${TOKEN}`, '/reset/…'],
    [`/reset/${TOKEN}/now`, '/reset/…/now'],
    [`/a%2F${TOKEN}`, '/…'],
    [`/${'a'.repeat(32)}/${'a'.repeat(33)}`, `/${'a'.repeat(32)}/…`],
    ['http://joe:secret@api.example.com/x', 'http://…/x'],
    ['//joe:secret@api.example.com/x', '//…/x'],
    ['joe:secret@api.example.com:443', '…'],
    ['', ''],
    ['*', '*'],
  ])('names %j as %j', (target, named) => {
    expect(redactPath(target)).toBe(named);
  });

  it('cuts a long path without showing a piece of a token', () => {
    const named = redactPath(`${'/a'.repeat(115)}/${TOKEN}`);
    expect(named).toBe(`${'/a'.repeat(115)}/…`);
    expect(redactPath('/a'.repeat(500))).toHaveLength(256);
  });
});

describe('fingerprint()', () => {
  it('is short, stable and tells nothing of what it names', () => {
    expect(fingerprint('')).toBe('e3b0c44298fc');
    expect(fingerprint(TOKEN)).toMatch(/^[0-9a-f]{12}$/);
    expect(fingerprint(TOKEN)).not.toBe(fingerprint(`${TOKEN}=`));
  });
});
