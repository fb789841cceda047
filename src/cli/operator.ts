import { openAudit } from '../app/command-audit.ts';
import { operatorOf } from '../audit/actor.ts';
import type { Config } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import { RevocationWriter } from '../revocation/revocation-writer.ts';
import type { UnrevokeOutcome } from '../revocation/unrevoke.ts';
import { Unrevoke } from '../revocation/unrevoke.ts';
import type { RevocationEntry } from '../revocation-set/entry.ts';
import type { RevocationTarget } from '../revocation-set/target.ts';
import type { Store } from '../store/store.ts';
import type { Terminal } from './command.ts';

/** Who asks, and why; the user of the system where nobody is named. */
export interface Author {
  readonly by: string | undefined;
  readonly reason: string | undefined;
}

/** Writes a revocation and its audit record; resolves as {@link RevocationWriter.revoke}. */
export async function revokeByOperator(
  target: RevocationTarget,
  author: Author,
  { config, store, terminal }: { readonly config: Config; readonly store: Store; readonly terminal: Terminal },
): Promise<RevocationEntry> {
  const { clockSkewMs } = config;
  const { revocations, tokens, accounts } = store;
  const ownIssuer = config.issuers.find(({ kind }) => kind === 'signing')?.name;
  const records = openAudit(config, terminal);
  try {
    const revoke = new RevocationWriter({
      revocations,
      tokens,
      accounts,
      ownIssuer,
      audit: records.audit,
      clock: systemClock,
      clockSkewMs,
    });
    return await revoke.revoke(target, operatorOf(author), author.reason);
  } finally {
    records.close();
  }
}

/** Takes a revocation back, with its audit record; resolves as {@link Unrevoke.unrevoke}. */
export async function unrevokeByOperator(
  target: RevocationTarget,
  author: Author,
  { config, store, terminal }: { readonly config: Config; readonly store: Store; readonly terminal: Terminal },
): Promise<UnrevokeOutcome> {
  const { revocations, tokens } = store;
  const ownIssuer = config.issuers.find(({ kind }) => kind === 'signing')?.name;
  const records = openAudit(config, terminal);
  try {
    const unrevoke = new Unrevoke({ revocations, tokens, ownIssuer, audit: records.audit, clock: systemClock });
    return await unrevoke.unrevoke(target, operatorOf(author), author.reason);
  } finally {
    records.close();
  }
}
