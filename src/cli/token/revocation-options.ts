import type { Config } from '../../config/config.ts';
import { parseInstant } from '../../config/reading/times.ts';
import { systemClock } from '../../lib/clock.ts';
import { quote } from '../../lib/wording.ts';
import type {
  FieldsProblem,
  RevocationField,
  RevocationFields,
  RevocationRequest,
  RevocationWarning,
} from '../../revocation/revocation-request.ts';
import { checkRevocationRequest, readRevocationRequest } from '../../revocation/revocation-request.ts';
import type { Arguments, Options, Terminal } from '../command.ts';
import { CommandError, UsageError } from '../command.ts';
import { AUTHOR_OPTIONS, CONFIRM_OPTION } from '../operator.ts';
import { readCredentialFile } from '../terminal/credential-file.ts';
import { problemText } from '../terminal/revocation-text.ts';

/** What names the revocations that `sallyport token unrevoke` takes back. */
export const TARGET_OPTIONS = {
  'token-file': { type: 'string', placeholder: 'FILE', help: 'a token in a file; - reads standard input' },
  issuer: { type: 'string', placeholder: 'NAME', help: 'the name of an issuer in the configuration' },
  jti: { type: 'string', placeholder: 'ID', help: 'one token, by its id' },
  thumbprint: {
    type: 'string',
    placeholder: 'HEX',
    help: 'one token, by the SHA-256 of its header.payload, or of the API key: 64 hexadecimal digits',
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

/** What an operator asks to end. A token comes in a file, which is not read yet. */
export type RequestedRevocation =
  | { readonly kind: 'token file'; readonly file: string }
  | Exclude<RevocationRequest, { readonly kind: 'credential' }>;

const THUMBPRINT = /^[0-9a-f]{64}$/i;

/** The options of those fields whose names differ. */
const OPTION_NAMES = { token: 'token-file', kid: 'key' } as const satisfies Partial<
  Record<RevocationField, OptionName>
>;

/** Reads what is to be ended. Throws {@link UsageError} if the options do not fit together. */
export function readRequest(args: Arguments): RequestedRevocation {
  // What was given may be a token, so it is not repeated.
  if (args.positionals.length > 0) {
    throw new UsageError('name a token by its id with --issuer NAME --jti ID, or put it into a file for --token-file');
  }
  const fields: RevocationFields = {
    token: textIn(args, 'token-file'),
    thumbprint: thumbprintIn(args),
    issuer: textIn(args, 'issuer'),
    jti: textIn(args, 'jti'),
    subject: textIn(args, 'subject'),
    kid: textIn(args, 'key'),
    all: args.values['all'] === true || undefined,
    before: timeIn(args, 'before'),
    expires: timeIn(args, 'expires'),
  };
  const read = readRevocationRequest(fields);
  if (read.outcome === 'refused') throw new UsageError(usageText(read.problem));
  const { request } = read;
  return request.kind === 'credential' ? { kind: 'token file', file: request.token } : request;
}

/** Checks what can be checked without the store. Throws {@link CommandError} if the request cannot be carried out. */
export function checkRequest(requested: RequestedRevocation, { issuers }: Config): readonly RevocationWarning[] {
  if (requested.kind === 'token file') return [];
  const checked = checkRevocationRequest(requested, issuers, systemClock.wallMs() / 1000);
  if (checked.outcome === 'refused') throw new CommandError(`sallyport: ${problemText(checked.problem)}`);
  return checked.warnings;
}

/** Reads the token where it comes in a file. Throws {@link CommandError} if it cannot be read. */
export async function openRequest(requested: RequestedRevocation, terminal: Terminal): Promise<RevocationRequest> {
  if (requested.kind !== 'token file') return requested;
  return { kind: 'credential', token: (await readCredentialFile(requested.file, terminal)).trim() };
}

function usageText(problem: FieldsProblem): string {
  switch (problem.problem) {
    case 'nothing selected':
    case 'several selected':
      return 'expected one of --token-file, --jti, --thumbprint, --subject, --key, --all';
    case 'issuer missing':
      return '--issuer is missing or empty';
    case 'unrelated field':
      return `--${optionOf(problem.field)} cannot be used with --${optionOf(problem.selector)}`;
  }
}

function optionOf(field: RevocationField): string {
  return field === 'token' || field === 'kid' ? OPTION_NAMES[field] : field;
}

/** `undefined` if the option was not given. An empty one is no value. */
function textIn({ values }: Arguments, name: OptionName): string | undefined {
  const value = values[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '') throw new UsageError(`--${name} is missing or empty`);
  return value;
}

function thumbprintIn(args: Arguments): string | undefined {
  const thumbprint = textIn(args, 'thumbprint');
  if (thumbprint === undefined || THUMBPRINT.test(thumbprint)) return thumbprint?.toLowerCase();
  // The value may be a token, so it is not repeated.
  throw new UsageError(
    '--thumbprint takes 64 hexadecimal digits: the SHA-256 of the token’s header.payload, or of the API key',
  );
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
