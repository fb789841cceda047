import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { configOf, fileWith, problemsOf } from '../../../../test/support/config.ts';
import { loadConfig } from '../../load.ts';

const CA = rootCertificates[0] ?? '';
const files = { token: 'eyJ.a-b_c.d\n', 'ca.crt': `${CA}\n`, empty: '', text: 'a token\n', key: 'no PEM' };
const env = { KEY: 'Bearer abc', NEWLINE: 'a\nb' };
const JWKS = 'https://10.0.0.1:6443/openid/v1/jwks';

/** One issuer at line 4. */
function sectionsWith(keys: string, issuer = 'https://kubernetes.default.svc'): string {
  return `issuers:\n  - { name: k8s, issuer: "${issuer}", audience: sms, algorithms: [RS256], ${keys} }`;
}

function issuerOf(keys: string) {
  return configOf(sectionsWith(keys), { env, files }).issuers[0];
}

/** Returns the problems without their places in the file and the path of the issuer. */
function messagesOf(keys: string, issuer?: string): string[] {
  return problemsOf(fileWith(sectionsWith(keys, issuer)), { env, files }).map((problem) =>
    problem.replace(/^4:\d+: issuers\[0\]\./, ''),
  );
}

describe('the access to the server of a key set', () => {
  it('has headers, a token and a CA', () => {
    const issuer = issuerOf(`jwks: { url: "${JWKS}", headers: { X-A: b c, X-Api-Key: { env: KEY } }, ca: ca.crt }`);
    if (issuer?.kind !== 'jwks') throw new Error('expected an issuer with jwks');
    expect(issuer.jwks.href).toBe(JWKS);
    expect(issuer.access).toMatchObject({
      tokenFile: undefined,
      ca: expect.stringMatching(/^\/.*\/ca\.crt$/),
      hosts: ['10.0.0.1:6443'],
    });
    const sent = Object.entries(issuer.access?.headers ?? {}).map(([name, value]) => [name, `${textOf(value)}`]);
    expect(sent).toEqual([
      ['x-a', 'b c'],
      ['x-api-key', 'Bearer abc'],
    ]);
    expect(JSON.stringify(issuer)).not.toContain('abc');
  });

  it('is the issuer of the metadata, and the further hosts that the operator names', () => {
    expect(
      issuerOf('discovery: { tokenFile: token, keySetHosts: ["10.0.0.1:6443", "[::1]", "A.example:443"] }'),
    ).toMatchObject({
      kind: 'discovery',
      metadata: undefined,
      access: { headers: {}, hosts: ['kubernetes.default.svc', '10.0.0.1:6443', '[::1]', 'a.example'] },
    });
  });

  it('is the host of the metadata, if its URL is written', () => {
    const issuer = issuerOf(
      'discovery: { url: "https://10.0.0.1:6443/.well-known/openid-configuration", tokenFile: token }',
    );
    expect(issuer).toMatchObject({
      metadata: new URL('https://10.0.0.1:6443/.well-known/openid-configuration'),
      access: { hosts: ['10.0.0.1:6443'] },
    });
  });

  it.each([`jwks: "${JWKS}"`, `jwks: { url: "${JWKS}" }`, 'discovery: true', 'discovery: {}'])(
    'is undefined for %s',
    (keys) => {
      expect(issuerOf(keys)).toMatchObject({ access: undefined });
    },
  );

  const TOKEN_PATH = 'expected the path of a file that holds the token, not the token itself';
  const NAMES = "expected the name of a header field: letters, digits, '-' and '_'";
  const HTTPS = 'headers, tokenFile and ca need an https URL, also on loopback';
  const BY_REFERENCE = 'a secret must not be written inline: refer to it as { env: NAME } or { file: PATH }';
  it.each([
    ['tokenFile: missing', 'discovery.tokenFile: cannot read the file: no such file'],
    ['tokenFile: empty', 'discovery.tokenFile: the file is empty'],
    ['tokenFile: text', 'discovery.tokenFile: expected a file with one bearer token and nothing else'],
    ['tokenFile: .', 'discovery.tokenFile: cannot read the file: it is a directory'],
    ['tokenFile: eyJ.a.b', `discovery.tokenFile: ${TOKEN_PATH}`],
    ['tokenFile: { env: KEY }', `discovery.tokenFile: ${TOKEN_PATH}`],
    ['ca: missing', 'discovery.ca: cannot read the file: no such file'],
    ['ca: key', 'discovery.ca: expected a PEM file that begins with a certificate'],
    ['headers: { Authorization: Bearer x }', `discovery.headers.Authorization: ${BY_REFERENCE}`],
    ['headers: { X-Api-Key: x }', `discovery.headers.X-Api-Key: ${BY_REFERENCE}`],
    [
      'headers: { X-A: { env: NEWLINE } }',
      'discovery.headers.X-A: expected visible ASCII characters, with spaces between them only',
    ],
    ['headers: { X-A: "" }', 'discovery.headers.X-A: expected visible ASCII characters, with spaces between them only'],
    ['headers: { X-A: 1 }', 'discovery.headers.X-A: expected a string, or a secret as { env: NAME } or { file: PATH }'],
    ['headers: { X-A: { env: GONE } }', 'discovery.headers.X-A.env: the environment variable GONE is not set'],
    ['headers: { Host: a }', "discovery.headers: 'Host' cannot be set: Sallyport sets it itself"],
    ['headers: { "x:y": a }', `discovery.headers: ${NAMES}`],
    ['headers: { __proto__: a }', `discovery.headers: ${NAMES}`],
    ['headers: { X-A: a, x-a: b }', 'discovery.headers: this field is listed twice'],
    ['headers: [a]', 'discovery.headers: expected a map of header fields, such as { Authorization: { env: NAME } }'],
    [
      'headers: { authorization: { env: KEY } }, tokenFile: token',
      'discovery.tokenFile: expected one of tokenFile and an Authorization in headers, found both',
    ],
    ['keySetHosts: []', 'discovery.keySetHosts: must not be empty'],
    [
      'keySetHosts: ["https://10.0.0.1"]',
      "discovery.keySetHosts[0]: expected a host such as '10.0.0.1:6443', without a scheme or path, found 'https://10.0.0.1'",
    ],
    [
      'keySetHosts: [u@h]',
      "discovery.keySetHosts[0]: expected a host such as '10.0.0.1:6443', without a scheme or path",
    ],
    ['url: "http://10.0.0.1/x"', 'discovery.url: expected an https URL; http is accepted on loopback only'],
    ['url: "http://127.0.0.1/x", tokenFile: token', `discovery.url: ${HTTPS}`],
    ['tokenfile: token', "discovery: unknown key 'tokenfile', did you mean 'tokenFile'?"],
  ])('is refused with %s', (keys, message) => {
    expect(messagesOf(`discovery: { ${keys} }`)).toEqual([message]);
  });

  it.each([
    'jwks: { url: "https://a.example/j", headers: { Authorization: Bearer S3CRETa, S3CRETb } }',
    'jwks: { url: "https://a.example/j", headers: { Authorization: Bearer S3CRETa, S3CRETb/+=: S3CRETc } }',
    'jwks: { url: "https://a.example/j", headers: { X-A: S3CRETa, S3CRETb/+=: S3CRETc } }',
    'jwks: { url: "https://a.example/j", headers: { X-A: S3CRETa, S3CRETb: é } }',
    'jwks: { url: "https://a.example/j", headers: { X-A: S3CRETa, S3CRETb: { env: "", S3CRETc } } }',
    'jwks: { url: "https://a.example/j", headers: { X-A: S3CRETa, S3CRETb: { env: LATIN1 } } }',
    'jwks: { url: "https://a.example/j", headers: { X-A: S3CRETa, S3CRETb: 1, s3cretB: 2 } }',
    'jwks: { url: "https://a.example/j", tokenFile: eyJS3CRETa, S3CRETb }',
    'jwks: { url: "https://u:S3CRETa@a.example/j" }',
    'discovery: { headers: { Authorization: Bearer S3CRETa, S3CRETb } }',
    'discovery: { tokenFile: token, keySetHosts: ["u:S3CRETa@b.example"] }',
    'discovery: "https://u:S3CRETa@a.example"',
  ])('quotes no part of a secret that is written inline: %s', (keys) => {
    const messages = messagesOf(keys);
    expect(messages.length).toBeGreaterThan(0);
    expect(messages.join()).not.toMatch(/s3cret/i);
  });

  it('needs https for a key set and for an issuer on loopback too', () => {
    expect(messagesOf('jwks: { url: "http://127.0.0.1/jwks", ca: ca.crt }')).toEqual([`jwks.url: ${HTTPS}`]);
    expect(messagesOf('discovery: { tokenFile: token }', 'http://127.0.0.1')).toEqual([`issuer: ${HTTPS}`]);
  });

  it('needs a URL in the map of jwks', () => {
    expect(messagesOf('jwks: { tokenFile: token }')).toEqual([
      'jwks: expected exactly one of url, file and keys, found none',
    ]);
    expect(messagesOf('jwks: 7')).toEqual([
      'jwks: expected the https URL of a JWKS, or a map with one of url, file and keys',
    ]);
    expect(messagesOf('discovery: yes')).toEqual([
      "discovery: expected true, or a map with url, headers, tokenFile, ca and keySetHosts, found 'yes'",
    ]);
  });
});

describe('the files of a token and a CA', () => {
  it('are watched only while they have a problem, because each request reads them again', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-key-server-'));
    try {
      const file = join(folder, 'sallyport.yaml');
      const [token, ca] = [join(folder, 'token'), join(folder, 'ca.crt')];
      writeFileSync(file, fileWith(sectionsWith('discovery: { tokenFile: token, ca: ca.crt }')));
      writeFileSync(ca, CA);
      expect(loadConfig(file, {}).files).toEqual([file, token]);
      writeFileSync(token, '');
      expect(loadConfig(file, {}).files).toEqual([file, token]);
      writeFileSync(token, 'abc');
      expect(loadConfig(file, {})).toMatchObject({ ok: true, files: [file] });
      expect(readFileSync(token, 'utf8')).toBe('abc');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('are watched if the configuration names them for another purpose too', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-key-server-'));
    try {
      const file = join(folder, 'sallyport.yaml');
      writeFileSync(join(folder, 'token'), 'abc');
      const both = 'discovery: { tokenFile: token, headers: { X-Key: { file: token } } }';
      writeFileSync(file, fileWith(sectionsWith(both)));
      expect(loadConfig(file, {})).toMatchObject({ ok: true, files: [file, join(folder, 'token')] });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

function textOf(secret: { reveal(): Uint8Array }): string {
  return Buffer.from(secret.reveal()).toString();
}
