import { describe, expect, it } from 'vitest';
import { OWN } from '../../test/support/revocation/resolver.ts';
import type {
  FieldsProblem,
  RequestIssuer,
  RequestProblem,
  RevocationFields,
  RevocationRequest,
} from './revocation-request.ts';
import { checkRevocationRequest, readRevocationRequest } from './revocation-request.ts';

const NOW = 1_800_000_000;
const ISSUERS: readonly RequestIssuer[] = [
  OWN,
  { name: 'partner', kind: 'secrets' },
  { name: 'legacy', kind: 'introspection' },
  { name: 'corporate', kind: 'jwks' },
];

describe('readRevocationRequest()', () => {
  it.each<[RevocationFields, RevocationRequest]>([
    [{ token: 't' }, { kind: 'credential', token: 't' }],
    [{ thumbprint: 'ab' }, { kind: 'thumbprint', thumbprint: 'ab', expiresAtSeconds: undefined }],
    [
      { thumbprint: 'ab', expires: 5 },
      { kind: 'thumbprint', thumbprint: 'ab', expiresAtSeconds: 5 },
    ],
    [
      { issuer: 'own', jti: 'j' },
      { kind: 'token', issuer: 'own', tokenId: 'j', expiresAtSeconds: undefined },
    ],
    [
      { issuer: 'own', jti: 'j', expires: 5 },
      { kind: 'token', issuer: 'own', tokenId: 'j', expiresAtSeconds: 5 },
    ],
    [
      { issuer: 'own', subject: 's' },
      { kind: 'subject', issuer: 'own', subject: 's', issuedUpToSeconds: undefined },
    ],
    [
      { issuer: 'own', subject: 's', before: 5 },
      { kind: 'subject', issuer: 'own', subject: 's', issuedUpToSeconds: 5 },
    ],
    [
      { issuer: 'own', kid: 'k' },
      { kind: 'signing key', issuer: 'own', kid: 'k' },
    ],
    [
      { issuer: 'own', all: true },
      { kind: 'issuer', issuer: 'own', issuedUpToSeconds: undefined },
    ],
    [
      { issuer: 'own', all: true, before: 0 },
      { kind: 'issuer', issuer: 'own', issuedUpToSeconds: 0 },
    ],
  ])('reads %j', (fields, request) => {
    expect(readRevocationRequest(fields)).toEqual({ outcome: 'read', request });
  });

  it.each<[RevocationFields, FieldsProblem]>([
    [{}, { problem: 'nothing selected' }],
    [{ issuer: 'own' }, { problem: 'nothing selected' }],
    [{ issuer: 'own', before: 5 }, { problem: 'nothing selected' }],
    [{ jti: 'j' }, { problem: 'issuer missing', selector: 'jti' }],
    [{ subject: 's' }, { problem: 'issuer missing', selector: 'subject' }],
    [{ kid: 'k' }, { problem: 'issuer missing', selector: 'kid' }],
    [{ all: true }, { problem: 'issuer missing', selector: 'all' }],
    [
      { issuer: 'own', jti: 'j', subject: 's' },
      { problem: 'several selected', fields: ['jti', 'subject'] },
    ],
    [
      { token: 't', thumbprint: 'ab' },
      { problem: 'several selected', fields: ['token', 'thumbprint'] },
    ],
    [
      { issuer: 'own', kid: 'k', all: true },
      { problem: 'several selected', fields: ['kid', 'all'] },
    ],
    [
      { token: 't', issuer: 'own' },
      { problem: 'unrelated field', field: 'issuer', selector: 'token' },
    ],
    [
      { token: 't', before: 5 },
      { problem: 'unrelated field', field: 'before', selector: 'token' },
    ],
    [
      { token: 't', expires: 5 },
      { problem: 'unrelated field', field: 'expires', selector: 'token' },
    ],
    [
      { thumbprint: 'ab', issuer: 'own' },
      { problem: 'unrelated field', field: 'issuer', selector: 'thumbprint' },
    ],
    [
      { issuer: 'own', jti: 'j', before: 5 },
      { problem: 'unrelated field', field: 'before', selector: 'jti' },
    ],
    [
      { issuer: 'own', subject: 's', expires: 5 },
      { problem: 'unrelated field', field: 'expires', selector: 'subject' },
    ],
    [
      { issuer: 'own', kid: 'k', before: 5 },
      { problem: 'unrelated field', field: 'before', selector: 'kid' },
    ],
    [
      { issuer: 'own', all: true, expires: 5 },
      { problem: 'unrelated field', field: 'expires', selector: 'all' },
    ],
  ])('refuses %j', (fields, problem) => {
    expect(readRevocationRequest(fields)).toEqual({ outcome: 'refused', problem });
  });
});

describe('checkRevocationRequest()', () => {
  const configured = ISSUERS.map(({ name }) => name);
  const key = (issuer: string): RevocationRequest => ({ kind: 'signing key', issuer, kid: 'k' });

  it.each<[RevocationRequest, RequestProblem]>([
    [
      { kind: 'token', issuer: 'onw', tokenId: 'j', expiresAtSeconds: undefined },
      { problem: 'unknown issuer', issuer: 'onw', configured },
    ],
    [key('nobody'), { problem: 'unknown issuer', issuer: 'nobody', configured }],
    [key('partner'), { problem: 'no key ids', issuer: 'partner', kind: 'secrets' }],
    [key('legacy'), { problem: 'no key ids', issuer: 'legacy', kind: 'introspection' }],
  ])('refuses %j', (request, problem) => {
    expect(checkRevocationRequest(request, ISSUERS, NOW)).toEqual({ outcome: 'refused', problem });
  });

  const subject = (issuedUpToSeconds: number | undefined): RevocationRequest => {
    return { kind: 'subject', issuer: 'own', subject: 's', issuedUpToSeconds };
  };

  it.each<[isFarReaching: boolean, RevocationRequest]>([
    [false, { kind: 'credential', token: 't' }],
    [false, { kind: 'thumbprint', thumbprint: 'ab', expiresAtSeconds: undefined }],
    [false, { kind: 'token', issuer: 'own', tokenId: 'j', expiresAtSeconds: undefined }],
    [false, subject(undefined)],
    [false, subject(NOW)],
    [true, subject(NOW + 1)],
    [true, key('own')],
    [true, key('corporate')],
    [true, { kind: 'issuer', issuer: 'partner', issuedUpToSeconds: undefined }],
    [true, { kind: 'issuer', issuer: 'partner', issuedUpToSeconds: 5 }],
  ])('warns (%s) of a far-reaching request: %j', (isFarReaching, request) => {
    const warnings = isFarReaching ? [{ warning: 'far-reaching', request }] : [];
    expect(checkRevocationRequest(request, ISSUERS, NOW)).toEqual({ outcome: 'accepted', warnings });
  });
});
