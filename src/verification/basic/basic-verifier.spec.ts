import { describe, expect, it } from 'vitest';
import { withCheckText } from '../../../test/support/core.ts';
import { makeThrottle, SILENT_LOG_INS } from '../../../test/support/log-in-bounds.ts';
import { SILENT_OBSERVER, SOUND_SET } from '../../../test/support/revocation/standings.ts';
import { revocationsOf } from '../../../test/support/store/revocations.ts';
import { CredentialCheck } from '../../accounts/credential-check.ts';
import { Passwords } from '../../accounts/passwords/passwords.ts';
import { Standings } from '../../revocation-set/standings.ts';
import { openMemoryStore } from '../../store/memory/store.ts';
import { CredentialVerifier } from '../credential-verifier.ts';
import { BasicVerifier } from './basic-verifier.ts';
import { PasswordCache } from './password-cache.ts';

const passwords = new Passwords();
const hashed = await passwords.hash('pass:wörd');
if (hashed.outcome === 'busy') throw new Error('busy');
const account = {
  id: 'account-1',
  name: 'Ada',
  passwordHash: hashed.value,
  scopes: ['messages:send'],
  disabled: false,
  createdAtSeconds: 1,
  version: 0,
};
const store = openMemoryStore();
await store.accounts.add(account);
const clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
const { throttle } = makeThrottle(clock);
const credentials = new CredentialCheck({
  accounts: store.accounts,
  passwords,
  throttle,
  observer: SILENT_LOG_INS,
});
const limits = { maxStalenessMs: 1_000, keepMs: 0, storeTimeoutMs: 1_000, allowKnownForMs: undefined };
const standings = new Standings({
  store: revocationsOf(store),
  clock,
  observer: SILENT_OBSERVER,
  maxEntries: 100,
  ...SOUND_SET,
  ...limits,
});
const cache = new PasswordCache();
const verifier = new BasicVerifier({
  credentials,
  accounts: store.accounts,
  standings,
  cache,
  clock,
  issuer: 'sallyport',
  generation: 7,
});

function verify(value: string) {
  return verifier.verify({ scheme: 'basic', value });
}

function encode(pair: string | Uint8Array): string {
  return Buffer.from(pair).toString('base64');
}

describe('BasicVerifier', () => {
  it.each(['ada:pass:wörd', 'Ada:pass:wörd'])('verify() accepts %j, with and without padding', async (pair) => {
    const identity = {
      issuer: 'sallyport',
      subject: 'account-1',
      tokenId: undefined,
      scheme: 'basic',
      scopes: ['messages:send'],
    };
    expect(await verify(encode(pair))).toMatchObject({ outcome: 'verified', identity, generation: 7 });
    expect(await verify(encode(pair).replace(/=+$/, ''))).toMatchObject({ outcome: 'verified' });
  });

  it.each([
    ['a wrong password', encode('ada:pass'), 'basic: password'],
    ['an unknown account', encode('eve:pass:wörd'), 'basic: no such account'],
    ['no colon', encode('ada'), 'basic: form'],
    ['no name', encode(':pass:wörd'), 'basic: form'],
    ['text that is not base64', 'ada:pass', 'basic: form'],
    ['inner spaces', `${encode('ada:pass:wörd').slice(0, 4)} ${encode('ada:pass:wörd').slice(4)}`, 'basic: form'],
    ['Latin-1', encode(Buffer.from('ada:pass:wörd', 'latin1')), 'basic: form'],
    ['an empty value', '', 'basic: form'],
    ['a value that is too long', encode('a'.repeat(10_000)), 'basic: form'],
  ])('verify() refuses %s', async (_what, value, check) => {
    expect(withCheckText(await verify(value))).toEqual({ outcome: 'refused', reason: 'credentials_invalid', check });
  });

  it('verify() refuses with too_many_attempts while too many passwords are being hashed', async () => {
    const results = await Promise.all(Array.from({ length: 40 }, () => verify(encode('ada:guess'))));
    expect(results.map((result) => 'reason' in result && result.reason)).toContain('too_many_attempts');
  });
});

describe('CredentialVerifier', () => {
  const bearer = { verify: () => Promise.reject(new Error('not asked')) };

  it('verify() passes each scheme to its own verifier', async () => {
    const both = new CredentialVerifier({ bearer, opaque: undefined, basic: verifier });
    expect(await both.verify({ scheme: 'basic', value: encode('ada:pass:wörd') })).toMatchObject({
      outcome: 'verified',
    });
    await expect(both.verify({ scheme: 'bearer', value: 'x' })).rejects.toThrow('not asked');
  });

  it('verify() refuses Basic without accounts', async () => {
    const result = await new CredentialVerifier({ bearer, opaque: undefined, basic: undefined }).verify({
      scheme: 'basic',
      value: 'x',
    });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'credentials_invalid' });
  });
});
