import { describe, expect, it } from 'vitest';
import { configOf, fileWith, problemsOf } from '../../../test/support/config.ts';

const VALUE = 'correct-horse-battery-staple-32b';

function issuerWith(secrets: string, algorithms = 'HS256'): string {
  return `issuers:\n  - name: partner\n    audience: sms\n    algorithms: [${algorithms}]\n    secrets: ${secrets}`;
}

function secretsOf(secrets: string, env: NodeJS.ProcessEnv, files = {}): string[] {
  const issuer = configOf(issuerWith(secrets), { env, files }).issuers[0];
  return issuer?.kind === 'secrets' ? issuer.secrets.map((secret) => Buffer.from(secret.reveal()).toString()) : [];
}

describe('a secret by reference', () => {
  it('is read from the environment', () => {
    expect(secretsOf('[{ env: A }, { env: B }]', { A: VALUE, B: `${VALUE}2` })).toEqual([VALUE, `${VALUE}2`]);
  });

  it.each([
    [VALUE, VALUE],
    [`${VALUE}\n`, VALUE],
    [`${VALUE}\r\n`, VALUE],
    [`${VALUE}\n\n`, `${VALUE}\n`],
  ])('is read from a file, without one trailing newline: %j', (contents, secret) => {
    expect(secretsOf('[{ file: a/b }]', {}, { 'a/b': contents })).toEqual([secret]);
  });

  it.each(['\n', '\r\n'])('is read from the environment without one trailing newline: %j', (end) => {
    expect(secretsOf('[{ env: A }]', { A: `${VALUE}${end}` })).toEqual([VALUE]);
    expect(secretsOf('[{ env: A }]', { A: `${VALUE}\n${end}` })).toEqual([`${VALUE}\n`]);
  });

  it.each([0, 1, 2])('is decoded from base64url, padded or not, with %d more bytes', (more) => {
    const secret = `${VALUE}${'x'.repeat(more)}`;
    const plain = Buffer.from(secret).toString('base64url');
    const padded = plain.padEnd(Math.ceil(plain.length / 4) * 4, '=');
    const env = { PLAIN: plain, PADDED: padded };
    const written = '[{ env: PLAIN, encoding: base64url }, { env: PADDED, encoding: base64url }]';
    expect(secretsOf(written, env)).toEqual([secret, secret]);
  });
});

const INLINE = 'a secret must not be written inline: refer to it as { env: NAME } or { file: PATH }';

describe('an invalid secret', () => {
  it.each([
    ['hunter2', 'issuers[0].secrets: expected a list of secrets such as [{ env: NAME }] or [{ file: PATH }]'],
    ['[]', 'issuers[0].secrets: must not be empty'],
    ['[hunter2]', `issuers[0].secrets[0]: ${INLINE}`],
    ['[12345]', `issuers[0].secrets[0]: ${INLINE}`],
    ['[[hunter2]]', `issuers[0].secrets[0]: ${INLINE}`],
    ['[{}]', 'issuers[0].secrets[0]: expected one of env and file, found none'],
    ['[{ env: A, file: b }]', 'issuers[0].secrets[0]: expected one of env and file, found both'],
    ['[{ value: hunter2 }]', 'issuers[0].secrets[0]: unknown key, expected env, file or encoding'],
    ['[{ hunter2 }]', 'issuers[0].secrets[0]: unknown key, expected env, file or encoding'],
    ['[{ evn: A }]', "issuers[0].secrets[0]: unknown key 'evn', did you mean 'env'?"],
    ['[{ env: 12345 }]', 'issuers[0].secrets[0].env: expected the name of an environment variable'],
    ['[{ env: hunter-2 }]', 'issuers[0].secrets[0].env: expected the name of an environment variable'],
    ['[{ env: A, encoding: hunter2 }]', 'issuers[0].secrets[0].encoding: expected utf8 or base64url'],
    ['[{ env: NOT_THERE }]', 'issuers[0].secrets[0].env: the environment variable NOT_THERE is not set'],
    ['[{ env: EMPTY }]', 'issuers[0].secrets[0].env: the environment variable EMPTY is empty'],
    ['[{ env: NEWLINE }]', 'issuers[0].secrets[0].env: the environment variable NEWLINE is empty'],
    ['[{ env: LATIN1 }]', 'issuers[0].secrets[0].env: the environment variable LATIN1 is not UTF-8 text'],
    ['[{ env: hunter2 }]', 'issuers[0].secrets[0].env: the environment variable is not set'],
    ['[{ env: constructor }]', 'issuers[0].secrets[0].env: the environment variable is not set'],
    ['[{ file: hunter2 }]', 'issuers[0].secrets[0].file: cannot read the file: no such file'],
    ['[{ file: . }]', 'issuers[0].secrets[0].file: cannot read the file: it is a directory'],
    ['[{ file: "" }]', 'issuers[0].secrets[0].file: expected the path of a file'],
    ['[{ file: newline }]', 'issuers[0].secrets[0].file: the file is empty'],
    ['[{ file: binary }]', 'issuers[0].secrets[0]: the secret is not valid utf8'],
    ['[{ env: LONG, encoding: base64url }]', 'issuers[0].secrets[0]: the secret is not valid base64url'],
    ['[{ env: STANDARD, encoding: base64url }]', 'issuers[0].secrets[0]: the secret is not valid base64url'],
    ['[{ env: PADDED, encoding: base64url }]', 'issuers[0].secrets[0]: the secret is not valid base64url'],
    ['[{ env: STRAY, encoding: base64url }]', 'issuers[0].secrets[0]: the secret is not valid base64url'],
    ['[{ env: SHORT }]', 'issuers[0].secrets[0]: the secret has 31 bytes; HS256 needs at least 32'],
  ])('%s', (secrets, problem) => {
    const env = {
      EMPTY: '',
      NEWLINE: '\n',
      // As Node reads the environment of a process.
      LATIN1: Buffer.from('hunter2 \xe4'.padEnd(40), 'latin1').toString(),
      LONG: `${VALUE} hunter2`,
      STANDARD: `${'A'.repeat(43)}+`,
      PADDED: `${'A'.repeat(44)}==`,
      STRAY: `${'A'.repeat(42)}B`,
      SHORT: 'hunter2'.padEnd(31, '.'),
    };
    const files = { newline: '\n', binary: Buffer.alloc(40, 0xff) };
    const problems = problemsOf(fileWith(issuerWith(secrets)), { env, files });
    expect(problems.map((found) => found.replace(/^7:[0-9]+: /, ''))).toEqual([problem]);
    expect(problems.join()).not.toContain('hunter2');
  });

  it.each([
    ['HS384', 48],
    ['HS256, HS512', 64],
    ['HS512, HS256', 64],
  ])('is shorter than the largest hash of %s', (algorithms, bytes) => {
    const largest = bytes === 48 ? 'HS384' : 'HS512';
    const env = { A: 'x'.repeat(bytes - 1), B: 'x'.repeat(bytes) };
    expect(problemsOf(fileWith(issuerWith('[{ env: A }, { env: B }]', algorithms)), { env })).toEqual([
      `7:15: issuers[0].secrets[0]: the secret has ${bytes - 1} bytes; ${largest} needs at least ${bytes}`,
    ]);
  });
});

describe('a secret that is sent as text', () => {
  const env = { RAW: Buffer.alloc(8, 0xff).toString('base64url'), TEXT: Buffer.from('pässword').toString('base64url') };
  const introspection = (name: string): string => `issuers:
  - name: opaque
    audience: any
    introspection: { url: https://as.example.com, clientId: a, clientSecret: { env: ${name}, encoding: base64url } }`;
  const redis = (name: string): string => `store: { url: redis://a, password: { env: ${name}, encoding: base64url } }`;

  it.each([
    ['clientSecret', introspection],
    ['the password of Redis', redis],
  ])('must be UTF-8: %s', (user, sections) => {
    expect(problemsOf(fileWith(sections('TEXT')), { env })).toEqual([]);
    const [problem, ...more] = problemsOf(fileWith(sections('RAW')), { env });
    expect(problem).toContain(`: ${user} is sent as text, but this secret is not UTF-8`);
    expect(more).toEqual([]);
  });
});
