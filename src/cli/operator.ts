import { userInfo } from 'node:os';
import { openAudit } from '../app/command-audit.ts';
import type { Config } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import type { Operator } from '../observe/events.ts';
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
  const audit = openAudit(config, terminal);
  try {
    const { events } = audit;
    const revoke = new RevocationWriter({
      revocations,
      tokens,
      accounts,
      ownIssuer,
      events,
      clock: systemClock,
      clockSkewMs,
    });
    return await revoke.revoke(target, operatorOf(author), author.reason);
  } finally {
    audit.close();
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
  const audit = openAudit(config, terminal);
  try {
    const unrevoke = new Unrevoke({ revocations, tokens, ownIssuer, events: audit.events, clock: systemClock });
    return await unrevoke.unrevoke(target, operatorOf(author), author.reason);
  } finally {
    audit.close();
  }
}

/** Who is named, else the user of the system. */
export function operatorOf({ by = `operator:${userName()}` }: Pick<Author, 'by'>): Operator {
  return { by };
}

/** Some users have a number alone. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `${process.getuid?.() ?? 'unknown'}`;
  }
}
