import { describe, expect, it } from 'vitest';
import { CERTIFICATE, THUMBPRINT } from '../../../test/support/binding/rfc8705.ts';
import { hashOfPem } from './certificate-hash.ts';
import { readXfcc } from './xfcc.ts';

const ENCODED = encodeURIComponent(CERTIFICATE);
const HASH = Buffer.from(THUMBPRINT, 'base64url').toString('hex');
const OTHER = 'ab'.repeat(32);

describe('hashOfPem()', () => {
  it('is x5t#S256 of the certificate in RFC 8705, appendix A', () => {
    expect(hashOfPem(ENCODED)).toBe(THUMBPRINT);
    expect(hashOfPem(encodeURIComponent(CERTIFICATE.replaceAll('\n', '\r\n')))).toBe(THUMBPRINT);
    // As Envoy writes it: only some characters are encoded.
    expect(hashOfPem(CERTIFICATE.replace(/[+/=\n ]/g, encodeURIComponent))).toBe(THUMBPRINT);
  });

  it.each([
    ['nothing', ''],
    ['a broken escape', `${ENCODED}%`],
    ['a chain', encodeURIComponent(`${CERTIFICATE}${CERTIFICATE}`)],
    ['text before it', encodeURIComponent(`x\n${CERTIFICATE}`)],
    ['text after it', encodeURIComponent(`${CERTIFICATE}x`)],
    ['a key', encodeURIComponent(CERTIFICATE.replaceAll('CERTIFICATE', 'PUBLIC KEY'))],
    ['no base64', encodeURIComponent(CERTIFICATE.replace('MII', '!!!'))],
  ])('is undefined for %s', (_, encoded) => {
    expect(hashOfPem(encoded)).toBeUndefined();
  });
});

describe('readXfcc()', () => {
  it.each([
    `Hash=${HASH}`,
    `By=spiffe://a/b;Hash=${HASH};Subject="/C=US/O=\\"x\\", y/CN=z";URI=spiffe://c/d`,
    `Cert="${ENCODED}"`,
    `hash=${HASH.toUpperCase()};cert="${ENCODED}";Chain="${ENCODED}${ENCODED}"`,
    `DNS=a;DNS=b;Hash=${HASH}`,
  ])('reads %s', (value) => {
    expect(readXfcc(value)).toBe(THUMBPRINT);
  });

  it.each([
    undefined,
    '',
    'Subject="CN=z"',
    `Hash=${HASH},Hash=${OTHER}`,
    `Hash=${HASH},`,
    `Hash=${HASH};Hash=${HASH}`,
    `Hash=${OTHER};Cert="${ENCODED}"`,
    `Hash=x;Cert="${ENCODED}"`,
    `Hash=${HASH};Cert="x"`,
    `Hash=${HASH} `,
    `Hash=${HASH}0`,
    ` Hash=${HASH}`,
    `Subject="a;Hash=${HASH}`,
    `Subject="a";Hash=${HASH}"`,
    `=${HASH}`,
    HASH,
  ])('does not read %j', (value) => {
    expect(readXfcc(value)).toBeUndefined();
  });

  it('reads nothing from within quotes', () => {
    expect(readXfcc(`Subject="CN=x;Hash=${OTHER}";Hash=${HASH}`)).toBe(THUMBPRINT);
    expect(readXfcc(`Subject="CN=\\";Hash=${OTHER};Subject=\\""`)).toBeUndefined();
  });
});
