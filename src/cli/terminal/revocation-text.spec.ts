import { describe, expect, it } from 'vitest';
import type { RequestProblem, RevocationRequest, RevocationWarning } from '../../revocation/revocation-request.ts';
import { farReachingText, problemText, takenBackText, unrevokeWarningLines, warningLines } from './revocation-text.ts';

const AT = 1_800_000_000;
const ALL = { kind: 'issuer', issuer: 'own', issuedUpToSeconds: undefined } as const;
const SUBJECT = { kind: 'subject', issuer: 'own', subject: 's', issuedUpToSeconds: AT } as const;
const KEY = { kind: 'signing key', issuer: 'own', kid: 'k' } as const;

describe('problemText()', () => {
  it.each<[RequestProblem, text: string]>([
    [
      { problem: 'unknown issuer', issuer: 'corprate', configured: ['own', 'corporate'] },
      "no issuer 'corprate', did you mean 'corporate'? (there is own and corporate)",
    ],
    [{ problem: 'unknown issuer', issuer: 'x', configured: [] }, "no issuer 'x' (there is none)"],
    [
      { problem: 'no key ids', issuer: 'partner', kind: 'secrets' },
      'partner signs with a shared secret, which has no key id: end its tokens with --all',
    ],
    [
      { problem: 'no key ids', issuer: 'legacy', kind: 'introspection' },
      'legacy signs nothing: end its tokens with --all',
    ],
    [
      { problem: 'unknown account', issuer: 'own', subject: 'dmo' },
      "no account with the id, name or e-mail address 'dmo', did you mean 'demo'?",
    ],
    [
      { problem: 'not a token', malformation: 'parts' },
      'this is neither a JWT nor an opaque token of a configured issuer: a JWT has three parts',
    ],
    [
      { problem: 'not a token', malformation: 'length' },
      'this is neither a JWT nor an opaque token of a configured issuer: it is longer than limits.token',
    ],
  ])('words %j', (problem, text) => {
    expect(problemText(problem, ['demo'])).toBe(text);
  });
});

describe('warningLines()', () => {
  const noRecord = { warning: 'no record', issuer: 'own', tokenId: 'j', expiresAtSeconds: AT } as const;
  const noKey = { warning: 'no key', issuer: 'own', kid: 'kye', existing: ['key', 'other'] } as const;

  it.each<[RevocationWarning, revoked: string[], takenBack: string[]]>([
    [{ warning: 'far-reaching', request: ALL }, [], []],
    [
      noRecord,
      ['the store has no record of this token; it is assumed to expire at 2027-01-15T08:00:00.000Z'],
      ['the store has no record of this token'],
    ],
    [
      { warning: 'no account', issuer: 'own', accountId: 'a' },
      ['the store has no account with this id'],
      ['the store has no account with this id'],
    ],
    [
      noKey,
      ["the store has no such key, did you mean 'key'? (it has key and other)"],
      ["the store has no such key, did you mean 'key'? (it has key and other): tokens that it signed stay invalid"],
    ],
    [
      { ...noKey, existing: [] },
      ['the store has no such key (it has none)'],
      ['the store has no such key (it has none): tokens that it signed stay invalid'],
    ],
    [
      { warning: 'not verified', check: 'signature', unavailableAt: undefined },
      ['the token could not be verified (signature), so its thumbprint is revoked and not its id'],
      ['the token could not be verified (signature): only a revocation of its thumbprint is taken back'],
    ],
  ])('words %j', (warning, revoked, takenBack) => {
    expect(warningLines([warning])).toEqual(revoked);
    expect(unrevokeWarningLines([warning])).toEqual(takenBack);
  });
});

describe('what an operator confirms', () => {
  it.each<[RevocationRequest, revoked: string, takenBack: string]>([
    [ALL, 'this ends every token of own', 'this makes tokens of own that were ended all at once valid again'],
    [
      { ...ALL, issuedUpToSeconds: AT },
      'this ends every token of own issued up to 2027-01-15T08:00:00.000Z',
      'this makes tokens of own that were ended all at once valid again',
    ],
    [
      SUBJECT,
      'this ends the tokens of s of own issued up to 2027-01-15T08:00:00.000Z',
      'this makes tokens of s of own valid again',
    ],
    [
      KEY,
      'this ends every token of own that the key k signs',
      'this makes the tokens of own that the key k signed valid again',
    ],
  ])('is said of %j', (request, revoked, takenBack) => {
    const isFarReaching = request.kind === 'issuer' || request.kind === 'subject' || request.kind === 'signing key';
    expect(farReachingText(isFarReaching ? [{ warning: 'far-reaching', request }] : [])).toBe(revoked);
    expect(takenBackText(request)).toBe(takenBack);
  });

  it('is nothing for one token', () => {
    const one = { kind: 'token', issuer: 'own', tokenId: 'j', expiresAtSeconds: undefined } as const;
    expect(farReachingText([])).toBeUndefined();
    const requests = [one, { kind: 'credential', token: 't' }, { kind: 'token file' }] as const;
    for (const request of requests) expect(takenBackText(request)).toBeUndefined();
  });
});
