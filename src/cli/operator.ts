import { MAX_REASON_LENGTH } from '../revocation/revocation-writer.ts';
import type { Options, Values } from './command.ts';
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
