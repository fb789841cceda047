import { describe, expect, it } from 'vitest';
import { UsageError } from '../command.ts';
import { readAuthor } from '../operator.ts';
import { readRequest } from './revocation-options.ts';

const THUMBPRINT = 'aB'.repeat(32);

function read(values: Record<string, string | boolean>) {
  const args = { positionals: [], values, config: 'sallyport.yaml' };
  return { ...readRequest(args), ...readAuthor(values) };
}

describe('readRequest()', () => {
  it.each([
    [
      { 'token-file': '-', reason: 'leaked', by: 'ada' },
      { kind: 'token file', file: '-', reason: 'leaked', by: 'ada' },
    ],
    [
      { issuer: 'i', jti: 'j' },
      { kind: 'token', issuer: 'i', tokenId: 'j' },
    ],
    [
      { issuer: 'i', jti: 'j', expires: '2027-01-15T08:00:00Z' },
      { kind: 'token', expiresAtSeconds: 1_800_000_000 },
    ],
    [{ thumbprint: THUMBPRINT }, { kind: 'thumbprint', thumbprint: THUMBPRINT.toLowerCase() }],
    [
      { issuer: 'i', subject: 's' },
      { kind: 'subject', issuer: 'i', subject: 's', issuedUpToSeconds: undefined },
    ],
    [{ issuer: 'i', subject: 's', before: '2027-01-15T08:00:00.1Z' }, { issuedUpToSeconds: 1_800_000_001 }],
    [
      { issuer: 'i', key: 'k', yes: true },
      { kind: 'signing key', issuer: 'i', kid: 'k' },
    ],
    [
      { issuer: 'i', all: true },
      { kind: 'issuer', issuer: 'i', issuedUpToSeconds: undefined },
    ],
    [
      { issuer: 'i', all: true, before: '2027-01-15' },
      { kind: 'issuer', issuedUpToSeconds: 1_799_971_200 },
    ],
  ])('reads %j', (values, request) => {
    expect(read(values)).toMatchObject(request);
  });

  const EXPECTED = 'expected one of --token-file, --jti, --thumbprint, --subject, --key, --all';

  it.each<[Record<string, string | boolean>, string]>([
    [{}, EXPECTED],
    [{ issuer: 'i' }, EXPECTED],
    [{ issuer: 'i', jti: 'j', subject: 's' }, EXPECTED],
    [{ jti: 'j' }, '--issuer is missing'],
    [{ subject: 's' }, '--issuer is missing'],
    [{ all: true }, '--issuer is missing'],
    [{ issuer: '', key: 'k' }, '--issuer is missing or empty'],
    [{ issuer: 'i', key: '' }, '--key is missing or empty'],
    [{ issuer: 'i', 'token-file': 'f' }, '--issuer cannot be used with --token-file'],
    [{ issuer: 'i', thumbprint: THUMBPRINT }, '--issuer cannot be used with --thumbprint'],
    [{ issuer: 'i', key: 'k', before: '2027-01-15' }, '--before cannot be used with --key'],
    [{ issuer: 'i', all: true, expires: '2027-01-15' }, '--expires cannot be used with --all'],
    [{ 'token-file': 'f', expires: '2027-01-15' }, '--expires cannot be used with --token-file'],
    [{ issuer: 'i', all: true, before: 'yesterday' }, '--before takes a date, or a date and time such as'],
    [{ issuer: 'i', all: true, before: '1800000000' }, "found '1800000000'"],
    [{ issuer: 'i', jti: 'j', expires: '2027-02-30' }, '--expires takes a date'],
    [{ thumbprint: THUMBPRINT.slice(1) }, '--thumbprint takes 64 hexadecimal digits'],
    [{ issuer: 'i', jti: 'j', reason: '' }, '--reason takes 1 to 500 characters'],
    [{ issuer: 'i', jti: 'j', reason: 'x'.repeat(501) }, '--reason takes 1 to 500 characters'],
    [{ issuer: 'i', jti: 'j', by: 'x'.repeat(101) }, '--by takes 1 to 100 characters'],
  ])('does not take %j', (values, message) => {
    expect(() => read(values)).toThrow(UsageError);
    expect(() => read(values)).toThrow(message);
  });

  it('prints no token that was given in place of a thumbprint', () => {
    expect(() => read({ thumbprint: 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln' })).toThrow(/^(?!.*eyJ)/);
  });
});
