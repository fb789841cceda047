import { parseInstant } from '../config/reading/times.ts';
import { quote } from '../lib/wording.ts';
import type { Arguments, Options } from './command.ts';
import { UsageError } from './command.ts';
import { AUTHOR_OPTIONS, CONFIRM_OPTION } from './operator.ts';

/** What names the revocations that `sallyport token unrevoke` takes back. */
export const TARGET_OPTIONS = {
  'token-file': { type: 'string', placeholder: 'FILE', help: 'a token in a file; - reads standard input' },
  issuer: { type: 'string', placeholder: 'NAME', help: 'the name of an issuer in the configuration' },
  jti: { type: 'string', placeholder: 'ID', help: 'one token, by its id' },
  thumbprint: {
    type: 'string',
    placeholder: 'HEX',
    help: 'one token, by the SHA-256 of its header.payload: 64 hexadecimal digits',
  },
  subject: {
    type: 'string',
    placeholder: 'SUBJECT',
    help: 'the tokens of a subject; for our own issuer, an account by id, name or e-mail address',
  },
  key: { type: 'string', placeholder: 'KID', help: 'the tokens that the key with this kid signed' },
  all: { type: 'boolean', help: 'all tokens of the issuer' },
} as const satisfies Options;

export const REVOKE_OPTIONS = {
  ...TARGET_OPTIONS,
  before: {
    type: 'string',
    placeholder: 'TIME',
    help: 'end what was issued up to this time; by default now. A mark can move to a later time only',
  },
  expires: {
    type: 'string',
    placeholder: 'TIME',
    help: 'when the token expires, so that its entry can expire too',
  },
  ...AUTHOR_OPTIONS,
  yes: { ...CONFIRM_OPTION, help: 'do not ask before --key, --all and a --before in the future' },
} as const satisfies Options;

type OptionName = keyof typeof REVOKE_OPTIONS;

/** What an operator asks to end; times in Unix seconds, `undefined` if not given. */
export type RevokeRequest =
  | { readonly form: 'token-file'; readonly file: string }
  | { readonly form: 'thumbprint'; readonly thumbprint: string; readonly expiresAtSeconds: number | undefined }
  | OfIssuer;

/** What is named by an issuer and something that belongs to it. */
export type OfIssuer = { readonly issuer: string } & (
  | { readonly form: 'jti'; readonly tokenId: string; readonly expiresAtSeconds: number | undefined }
  | { readonly form: 'subject'; readonly subject: string; readonly issuedUpToSeconds: number | undefined }
  | { readonly form: 'key'; readonly kid: string }
  | { readonly form: 'all'; readonly issuedUpToSeconds: number | undefined }
);

/** The forms, and the options that each takes besides {@link ALWAYS}. */
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
const ALWAYS: readonly string[] = ['reason', 'by', 'yes', 'config', 'help'];
const THUMBPRINT = /^[0-9a-f]{64}$/i;

/** Reads what is to be ended. Throws {@link UsageError} if the options do not fit together. */
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

function formOf({ values }: Arguments): Form {
  const [form, ...others] = FORM_NAMES.filter((name) => values[name] !== undefined);
  if (form === undefined || others.length > 0) {
    throw new UsageError(`expected one of ${FORM_NAMES.map((name) => `--${name}`).join(', ')}`);
  }
  const allowed: readonly string[] = [form, ...FORMS[form], ...ALWAYS];
  const stray = Object.keys(values).find((name) => !allowed.includes(name));
  if (stray !== undefined) throw new UsageError(`--${stray} cannot be used with --${form}`);
  return form;
}

function textIn({ values }: Arguments, name: OptionName): string {
  const value = values[name];
  if (typeof value !== 'string' || value === '') throw new UsageError(`--${name} is missing or empty`);
  return value;
}

function thumbprintIn(args: Arguments): string {
  const thumbprint = textIn(args, 'thumbprint');
  if (THUMBPRINT.test(thumbprint)) return thumbprint.toLowerCase();
  // The value may be a token, so it is not repeated.
  throw new UsageError('--thumbprint takes 64 hexadecimal digits: the SHA-256 of the token’s header.payload');
}

/** Whole seconds, rounded up so that the time given is included. */
function timeIn({ values }: Arguments, name: 'before' | 'expires'): number | undefined {
  const value = values[name];
  if (typeof value !== 'string') return undefined;
  const ms = parseInstant(value);
  if (ms !== undefined) return Math.ceil(ms / 1000);
  throw new UsageError(
    `--${name} takes a date, or a date and time such as 2027-06-30T12:00:00Z, found ${quote(value)}`,
  );
}
