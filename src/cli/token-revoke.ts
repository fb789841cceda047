import { parseInstant } from '../config/reading/times.ts';
import { quote } from '../lib/wording.ts';
import { MAX_REASON_LENGTH } from '../revocation/revocation-writer.ts';
import type { Arguments } from './command.ts';
import { UsageError } from './command.ts';
import type { Author } from './operator.ts';

/** Option by option what `sallyport token revoke` takes. */
export const REVOKE_OPTIONS = {
  'token-file': { type: 'string' },
  issuer: { type: 'string' },
  jti: { type: 'string' },
  thumbprint: { type: 'string' },
  subject: { type: 'string' },
  key: { type: 'string' },
  all: { type: 'boolean' },
  before: { type: 'string' },
  expires: { type: 'string' },
  reason: { type: 'string' },
  by: { type: 'string' },
  yes: { type: 'boolean' },
} as const;

type OptionName = keyof typeof REVOKE_OPTIONS;

/** What an operator asks to end; times in Unix seconds, `undefined` where they were not given. */
export type RevokeRequest =
  | { readonly form: 'token-file'; readonly file: string }
  | { readonly form: 'thumbprint'; readonly thumbprint: string; readonly expiresAtSeconds: number | undefined }
  | OfIssuer;

/** What is named by an issuer and something of its own. */
export type OfIssuer = { readonly issuer: string } & (
  | { readonly form: 'jti'; readonly tokenId: string; readonly expiresAtSeconds: number | undefined }
  | { readonly form: 'subject'; readonly subject: string; readonly issuedUpToSeconds: number | undefined }
  | { readonly form: 'key'; readonly kid: string }
  | { readonly form: 'all'; readonly issuedUpToSeconds: number | undefined }
);

/** The forms, and the options that go with each beside those for all. */
const FORMS = {
  'token-file': [],
  jti: ['issuer', 'expires'],
  thumbprint: ['expires'],
  subject: ['issuer', 'before'],
  key: ['issuer'],
  all: ['issuer', 'before'],
} as const satisfies Readonly<Record<string, readonly OptionName[]>>;

type Form = keyof typeof FORMS;

const FORM_NAMES: readonly Form[] = ['token-file', 'jti', 'thumbprint', 'subject', 'key', 'all'];
const FOR_ALL: readonly string[] = ['reason', 'by', 'yes', 'config', 'help'];
const THUMBPRINT = /^[0-9a-f]{64}$/i;
const MAX_AUTHOR_LENGTH = 100;

/** Reads what is to be ended. Throws {@link UsageError} where the options do not go together. */
export function readRequest(args: Arguments): RevokeRequest {
  const form = formOf(args);
  const expiresAtSeconds = timeIn(args, 'expires');
  const issuedUpToSeconds = timeIn(args, 'before');
  if (form === 'token-file') return { form, file: textIn(args, form) };
  if (form === 'thumbprint') return { form, thumbprint: thumbprintIn(args), expiresAtSeconds };
  const issuer = textIn(args, 'issuer');
  switch (form) {
    case 'jti':
      return { form, issuer, tokenId: textIn(args, form), expiresAtSeconds };
    case 'subject':
      return { form, issuer, subject: textIn(args, form), issuedUpToSeconds };
    case 'key':
      return { form, issuer, kid: textIn(args, form) };
    case 'all':
      return { form, issuer, issuedUpToSeconds };
  }
}

/** Who and why, as far as it was said. */
export function readAuthor({ values }: Arguments): Author {
  return { by: shortText(values, 'by', MAX_AUTHOR_LENGTH), reason: shortText(values, 'reason', MAX_REASON_LENGTH) };
}

function formOf({ values }: Arguments): Form {
  const [form, ...others] = FORM_NAMES.filter((name) => values[name] !== undefined);
  if (form === undefined || others.length > 0) {
    throw new UsageError(`expected one of ${FORM_NAMES.map((name) => `--${name}`).join(', ')}`);
  }
  const allowed: readonly string[] = [form, ...FORMS[form], ...FOR_ALL];
  const stray = Object.keys(values).find((name) => !allowed.includes(name));
  if (stray !== undefined) throw new UsageError(`--${stray} does not go with --${form}`);
  return form;
}

function textIn({ values }: Arguments, name: OptionName): string {
  const value = values[name];
  if (typeof value !== 'string' || value === '') throw new UsageError(`--${name} is missing or empty`);
  return value;
}

function shortText(values: Arguments['values'], name: OptionName, limit: number): string | undefined {
  const value = values[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '' || value.length > limit) {
    throw new UsageError(`--${name} takes 1 to ${limit} characters`);
  }
  return value;
}

function thumbprintIn(args: Arguments): string {
  const thumbprint = textIn(args, 'thumbprint');
  if (THUMBPRINT.test(thumbprint)) return thumbprint.toLowerCase();
  // It may be a token, which is printed nowhere.
  throw new UsageError('--thumbprint takes 64 hexadecimal digits: the SHA-256 of the token’s header.payload');
}

/** Whole seconds, rounded up: whoever names a time means at least that. */
function timeIn({ values }: Arguments, name: 'before' | 'expires'): number | undefined {
  const value = values[name];
  if (typeof value !== 'string') return undefined;
  const ms = parseInstant(value);
  if (ms !== undefined) return Math.ceil(ms / 1000);
  throw new UsageError(
    `--${name} takes a date, or a date and time such as 2027-06-30T12:00:00Z, found ${quote(value)}`,
  );
}
