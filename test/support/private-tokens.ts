import { expect } from 'vitest';
import { OwnTokenRevocation } from '../../src/revocation/own-token-revocation.ts';
import { RevocationWriter } from '../../src/revocation/revocation-writer.ts';
import { openMemoryStore } from '../../src/store/memory/store.ts';
import type { Store } from '../../src/store/store.ts';
import { PrivateTokens } from '../../src/tokens/private-tokens.ts';
import { TokenRotation } from '../../src/tokens/rotation.ts';
import { ScopeRules } from '../../src/tokens/scope-rules.ts';
import { TokenMint } from '../../src/tokens/token-mint.ts';
import { TokenViews } from '../../src/tokens/token-views.ts';
import { recordAudit, SOMEONE } from './audit.ts';
import { resolverOver } from './revocation/resolver.ts';
import { revocationsOf } from './store/revocations.ts';

export const NOW = 1_800_000_000;
export const DAY = 86_400;
const time = { nowSeconds: NOW };
const catalogue = new Map([
  ['messages:send', { description: undefined, maxTtlSeconds: 30 * DAY }],
  ['messages:list', { description: undefined, maxTtlSeconds: undefined }],
]);

const clock = { wallMs: () => time.nowSeconds * 1000 + 400 };

/** Opens private tokens of `ada` on a clock that is stopped at {@link NOW}, by default over a memory store. */
export async function openPrivateTokens(store: Store = openMemoryStore(clock.wallMs)) {
  time.nowSeconds = NOW;
  const { accounts, tokens, revocations } = store;
  const ada = {
    id: 'ada',
    name: 'ada',
    passwordHash: 'x',
    scopes: ['messages:send', 'messages:list'],
    disabled: false,
    createdAtSeconds: 1,
    version: 0,
  };
  await accounts.add(ada);
  await accounts.add({ ...ada, id: 'bob', name: 'bob' });
  const signer = { sign: async (claims: object) => `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s` };
  const behind: number[] = [];
  const mint = new TokenMint({
    issuer: 'own',
    tokens,
    revocations: revocationsOf(store),
    clockSkewMs: 30_000,
    signer,
    clock,
    observer: { clockBehindMark: (_account, seconds) => void behind.push(seconds) },
  });
  const views = new TokenViews({ issuer: 'own', tokens, revocations: revocationsOf(store), clock });
  const { audit, records } = recordAudit();
  const common = { tokens, revocations, clock, clockSkewMs: 30_000 };
  const writer = new RevocationWriter({ ...common, accounts, ownIssuer: 'own', audit });
  const revoking = new OwnTokenRevocation({
    ...common,
    issuer: 'own',
    resolver: resolverOver(store, { clock }),
    writer,
    unrecorded: { take: () => undefined },
    audit,
  });
  const ttl = { privateMaxSeconds: 365 * DAY };
  const rules = new ScopeRules(catalogue);
  const privateTokens = new PrivateTokens({ ttl, rules, accounts, mint, audit });
  const rotation = new TokenRotation({ ...common, issuer: 'own', ttl, rules, accounts, views, mint, audit });
  const create = async (days: number, scopes = ['messages:list']) => {
    const issued = await privateTokens.create(SOMEONE, authorityOf('ada'), {
      name: 'server',
      scopes,
      expiresAtSeconds: NOW + days * DAY,
    });
    if (issued.outcome !== 'issued') throw new Error(JSON.stringify(issued));
    return issued;
  };
  /** Interrupts a rotation between its two writes, like a crash. */
  const breakOff = async () => {
    const { id: old } = await create(90);
    const { write } = revocations;
    revocations.write = () => Promise.reject(new Error('the store is gone'));
    await expect(rotation.rotate(SOMEONE, old, LOGIN, in30Days)).rejects.toThrow('the store is gone');
    revocations.write = write;
    return { old, successor: (await tokens.find(old))?.successor ?? '' };
  };
  return { time, store, privateTokens, rotation, revoking, views, create, signer, breakOff, mint, behind, records };
}

/** Returns the authority of a password that is checked at the time of its use. */
export function authorityOf(accountId: string) {
  return {
    accountId,
    accountVersion: 0,
    token: undefined,
    get atSeconds(): number {
      return time.nowSeconds;
    },
  };
}

export const LOGIN = { authority: authorityOf('ada'), use: 'login', tokenId: 'login-1', managesTokens: false } as const;
export const in30Days = { expiresAtSeconds: NOW + 30 * DAY, overlapSeconds: 0 };
