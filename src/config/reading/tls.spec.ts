import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { configFrom, fileWith, problemsOf } from '../../../test/support/config.ts';

function pem(label: string, body: string): string {
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
}

/** A self-signed certificate, and its key. */
const CERT = pem(
  'CERTIFICATE',
  [
    'MIIBcDCCARWgAwIBAgIUVdg3wLk8/ciOEhLTBffTeJh2c/kwCgYIKoZIzj0EAwIw',
    'DDEKMAgGA1UEAwwBYTAgFw0yNjExMjIwOTUwMzFaGA8yMTI2MTAyOTA5NTAzMVow',
    'DDEKMAgGA1UEAwwBYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABACpG9W6HfbG',
    'mDe/Q2tNqY6knRlcyywACpTsLGfJ32IOvdK1rbmjor+Pl0UP2vJmmm6rNu/wV3wd',
    'CZT3ACdLzA6jUzBRMB0GA1UdDgQWBBQL4eIp31rY5vE38awUU5s7WCVdQDAfBgNV',
    'HSMEGDAWgBQL4eIp31rY5vE38awUU5s7WCVdQDAPBgNVHRMBAf8EBTADAQH/MAoG',
    'CCqGSM49BAMCA0kAMEYCIQDJSZEG/tMfofMarjjnOSGuhO6F2QvrMgg7d01eE6wH',
    'UAIhAIdkXSs0ZCy8I9UMiFAeuNVaKE4+nBRlRWjj05QVj37s',
  ].join('\n'),
);
const KEY = pem(
  'PRIVATE KEY',
  [
    'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0G5ySLn7NvCLeZaa',
    'zlWv2QT+fJKyoXxy0kQPqsvA7EGhRANCAAQAqRvVuh32xpg3v0NrTamOpJ0ZXMss',
    'AAqU7Cxnyd9iDr3Sta25o6K/j5dFD9ryZppuqzbv8Fd8HQmU9wAnS8wO',
  ].join('\n'),
);
const OTHER_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
});
const LOCKED_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
  cipher: 'aes-256-cbc',
  passphrase: 'hunter2',
});

const files = {
  'tls/cert.pem': CERT,
  'tls/key.pem': KEY,
  other: OTHER_KEY,
  locked: LOCKED_KEY,
  text: 'hunter2',
  chain: `${CERT}${CERT.slice(0, 200)}`,
};

function listenWith(tls: string): string {
  return fileWith('').replace('127.0.0.1:9191', `{ address: "0.0.0.0:1", tls: { ${tls} } }`);
}

describe('tls of a listener', () => {
  it('is read from files, relative to the configuration', () => {
    const config = configFrom(listenWith('cert: tls/cert.pem, key: ./tls/key.pem, clientCa: tls/cert.pem'), { files });
    expect(config.listen.extAuthz?.tls).toMatchObject({ cert: CERT, clientCa: CERT, handshakeTimeoutMs: 10_000 });
    expect(Buffer.from(config.listen.extAuthz?.tls?.key.reveal() ?? []).toString()).toBe(KEY);
  });

  it.each([
    ['cert: none, key: tls/key.pem', ['listen.extAuthz.tls.cert: cannot read the file: no such file']],
    ['cert: tls, key: tls/key.pem', ['listen.extAuthz.tls.cert: cannot read the file: it is a directory']],
    [
      'cert: text, key: text',
      [
        'listen.extAuthz.tls.cert: expected a PEM file that begins with a certificate',
        'listen.extAuthz.tls.key: expected a PEM file that begins with an unencrypted private key',
      ],
    ],
    [
      'cert: tls/cert.pem, key: locked',
      ['listen.extAuthz.tls.key: expected a PEM file that begins with an unencrypted private key'],
    ],
    [
      'cert: chain, key: tls/key.pem',
      ['listen.extAuthz.tls.cert: OpenSSL refuses the certificate chain: bad end line'],
    ],
    ['cert: tls/cert.pem, key: other', ['listen.extAuthz.tls.key: the private key does not belong to cert']],
    [
      'cert: tls/cert.pem, key: "-----BEGIN PRIVATE KEY-----\\nhunter2"',
      ['listen.extAuthz.tls.key: expected the path of a PEM file with the private key, not its contents'],
    ],
    [
      'cert: tls/cert.pem',
      ['listen.extAuthz.tls.key: expected the path of a PEM file with the private key, not its contents'],
    ],
  ])('{ %s }', (tls, problems) => {
    const found = problemsOf(listenWith(`${tls}, clientCa: tls/cert.pem`), { files });
    expect(found.map((problem) => problem.replace(/^2:[0-9]+: /, ''))).toEqual(problems);
  });
});
