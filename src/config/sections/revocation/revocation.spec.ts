import { describe, expect, it } from 'vitest';
import { configOf, fileWith, problemsOf } from '../../../../test/support/config.ts';

const OWN = '{ name: own, issuer: https://a.example, signing: { algorithm: EdDSA } }';

describe('revocation.keep', () => {
  it('is off by default', () => {
    expect(configOf('').revocation.keepMs).toBe(0);
  });

  it.each(['1ms', '700ms', '1s'])('may be %s with a maxStaleness of 1s', (keep) => {
    expect(problemsOf(fileWith(`revocation: { maxStaleness: 1s, keep: ${keep} }`))).toEqual([]);
  });

  it.each([
    ['{ keep: 1001ms }', 'revocation.keep: must be at most revocation.maxStaleness, which is 1 s'],
    ['{ maxStaleness: 200ms, keep: 1s }', 'revocation.keep: must be at most revocation.maxStaleness, which is 0.2 s'],
    ['{ keep: 700 }', 'revocation.keep: expected a duration from 0s to 60s, such as 150ms, 30s, 5m or 24h, found 700'],
    ['{ keep: -1s }', 'revocation.keep: expected a duration from 0s to 60s, such as 150ms, 30s, 5m or 24h, found'],
    ['{ keep: 61s, maxStaleness: 60s }', 'revocation.keep: expected a duration from 0s to 60s, such as'],
    ['{ keep: }', 'revocation.keep: expected a duration from 0s to 60s, such as 150ms, 30s, 5m or 24h, found nothing'],
    ['{ kept: 1s }', "revocation: unknown key 'kept', expected maxStaleness, keep or onOutage"],
  ])('refuses %s', (text, problem) => {
    expect(problemsOf(fileWith(`revocation: ${text}`))).toEqual([expect.stringContaining(problem)]);
  });

  it('is refused where no listener answers callers that could keep an answer', () => {
    const file = (listener: string): string =>
      `version: 1\nlisten: { ${listener}: 127.0.0.1:1 }\nrevocation: { keep: 700ms }\nissuers: [${OWN}]\nroutes: []`;
    expect(problemsOf(file('tokens'))).toEqual([
      '3:21: revocation.keep: has no effect: no listener answers callers that could keep an answer; expected listen.extAuthz, verify or access, or no such key',
    ]);
    expect(['extAuthz', 'verify'].flatMap((listener) => problemsOf(file(listener)))).toEqual([]);
  });
});
