import type { AccountStore } from '../accounts/account-store.ts';
import type { Passwords } from '../accounts/passwords/passwords.ts';
import type { DecisionTracer } from '../core/ports.ts';
import type { Standings } from '../revocation-set/standings.ts';
import type { ApiKeyRecords } from '../verification/api-keys/api-key-verifier.ts';

type Tracer = Pick<DecisionTracer, 'io'>;

/** Reads accounts, on behalf of decisions that may be traced. */
export function tracedAccounts(
  accounts: Pick<AccountStore, 'find' | 'findById'>,
  tracer: Tracer,
): Pick<AccountStore, 'find' | 'findById'> {
  return {
    find: (name) => tracer.io('read account', () => accounts.find(name)),
    findById: (id) => tracer.io('read account', () => accounts.findById(id)),
  };
}

/** Reads the records of API keys, on behalf of decisions that may be traced. */
export function tracedKeys(tokens: ApiKeyRecords, tracer: Tracer): ApiKeyRecords {
  return { findByKey: (keyHash) => tracer.io('read API key', () => tokens.findByKey(keyHash)) };
}

/** Compares passwords, on behalf of decisions that may be traced. */
export function tracedPasswords(
  passwords: Pick<Passwords, 'verify' | 'hasRoom'>,
  tracer: Tracer,
): Pick<Passwords, 'verify' | 'hasRoom'> {
  return {
    hasRoom: (precedence) => passwords.hasRoom(precedence),
    verify: (password, phc, precedence) =>
      tracer.io('hash password', () => passwords.verify(password, phc, precedence)),
  };
}

/** Reads the revocation set, on behalf of decisions that may be traced. */
export function tracedStandings(
  standings: Pick<Standings, 'at' | 'refresh'>,
  tracer: Tracer,
): Pick<Standings, 'at' | 'refresh'> {
  return {
    at: (key) => standings.at(key),
    refresh: (credential) => tracer.io('read revocation set', () => standings.refresh(credential)),
  };
}
