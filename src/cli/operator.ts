import { openAudit } from '../app/command-audit.ts';
import { operatorOf } from '../audit/actor.ts';
import type { Config } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import { MAX_REASON_LENGTH, RevocationWriter } from '../revocation/revocation-writer.ts';
import type { UnrevokeOutcome } from '../revocation/unrevoke.ts';
import { Unrevoke } from '../revocation/unrevoke.ts';
import type { RevocationEntry } from '../revocation-set/entry.ts';
import type { RevocationTarget } from '../revocation-set/target.ts';
import type { Store } from '../store/store.ts';
import type { Options, Terminal, Values } from './command.ts';
import { UsageError } from './command.ts';

const MAX_AUTHOR_LENGTH = 100;

export const BY_OPTION = {
  type: 'string',
  placeholder: 'NAME',
  help: 'who does it, for the audit log; by default operator: and the system user',
} as const;

export const AUTHOR_OPTIONS = {
  reason: { type: 'string', placeholder: 'TEXT', help: 'why, for the revocation entry and the audit log' },
  by: BY_OPTION,
} as const satisfies Options;

export const CONFIRM_OPTION = { type: 'boolean', help: 'do not ask for confirmation' } as const;

/** Who asks, and why; `undefined` if not given. */
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

/** Reads who asks and why. Throws {@link UsageError} if one is empty or too long. */
export function readAuthor(values: Values<Partial<typeof AUTHOR_OPTIONS>>): Author {
  return {
    by: shortText('by', values.by, MAX_AUTHOR_LENGTH),
    reason: shortText('reason', values.reason, MAX_REASON_LENGTH),
  };
}

function shortText(name: string, value: string | undefined, limit: number): string | undefined {
  if (value === undefined || (value !== '' && value.length <= limit)) return value;
  throw new UsageError(`--${name} takes 1 to ${limit} characters`);
}
