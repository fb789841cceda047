import type { EntryKind } from './revocation-entry.ts';

/** The steps of a decision, in the order in which `authorize` takes them. */
export const STEPS = [
  'path',
  'route',
  'credential',
  'verification',
  'expiry',
  'issuer',
  'revocation',
  'proof',
  'scope',
  'condition',
] as const;

export type DecisionStep = (typeof STEPS)[number];

/**
 * `call`: the request passed every step, and was denied afterwards: by a door that handled the call, or for lack of what the
 * upstream must receive.
 */
export type Step = DecisionStep | 'call';

/** Every check that fails in one way only, and its step. A new check goes here; its name is its text in the log. */
const STEP_OF = {
  method: 'path',
  path: 'path',
  'path encoding': 'path',
  // How a gateway describes the request.
  'untrusted peer': 'path',
  'no method': 'path',
  'several methods': 'path',
  'no host': 'path',
  'several hosts': 'path',
  'no path': 'path',
  'several paths': 'path',
  'disguised header': 'path',
  'check too long': 'path',

  route: 'route',
  'cors origin': 'route',
  'cors method': 'route',
  'cors header': 'route',
  'cors preflight not answered here': 'route',

  'no credential': 'credential',
  'several credentials': 'credential',
  scheme: 'credential',
  'ambiguous credential': 'credential',
  origin: 'credential',
  'query not removed': 'credential',
  client: 'credential',

  'verification not known': 'verification',
  // The form of a token.
  empty: 'verification',
  characters: 'verification',
  parts: 'verification',
  encoding: 'verification',
  header: 'verification',
  crit: 'verification',
  payload: 'verification',
  // Its issuer and its signature.
  issuer: 'verification',
  'aud of several issuers': 'verification',
  algorithm: 'verification',
  keys: 'verification',
  key: 'verification',
  signature: 'verification',
  'signature not verified': 'verification',
  'too many tokens to verify': 'verification',
  // Its claims.
  type: 'verification',
  token_type: 'verification',
  token_use: 'verification',
  cnf: 'verification',
  'not bound': 'verification',
  iss: 'verification',
  tid: 'verification',
  aud: 'verification',
  sub: 'verification',
  exp: 'verification',
  nbf: 'verification',
  iat: 'verification',
  jti: 'verification',
  require: 'verification',
  scopes: 'verification',
  'over 1000 scopes': 'verification',
  inactive: 'verification',
  // An API key.
  checksum: 'verification',
  'unknown key': 'verification',
  'keys not readable': 'verification',
  'too many unknown keys of this address': 'verification',
  // A name and a password.
  'no such account': 'verification',
  password: 'verification',
  disabled: 'verification',
  'password queue is full': 'verification',
  'too many failures of this name': 'verification',
  'too many failures of this address': 'verification',
  'the account was changed meanwhile': 'verification',

  expired: 'expiry',

  'issuer not taken here': 'issuer',
  'audience not taken here': 'issuer',

  'standing not known': 'revocation',
  revocation: 'revocation',
  'revocation by token id': 'revocation',
  'revocation by token claims': 'revocation',
  'revocation by thumbprint': 'revocation',
  'revocation by signing key': 'revocation',
  'revocation by subject mark': 'revocation',
  'revocation by issuer mark': 'revocation',
  'revocation by an entry': 'revocation',

  // That the client possesses what its token is bound to.
  'binding required here': 'proof',
  'no client certificate': 'proof',
  'another client certificate': 'proof',
  'bound to a key, sent as bearer': 'proof',
  'not bound to a key': 'proof',
  'dpop not accepted here': 'proof',
  // The DPoP proof.
  'proof not known': 'proof',
  'no proof': 'proof',
  'several proofs': 'proof',
  'proof form': 'proof',
  'proof typ': 'proof',
  'proof algorithm': 'proof',
  'proof key': 'proof',
  'proof of another key': 'proof',
  'proof signature': 'proof',
  'proof jti': 'proof',
  'proof htm': 'proof',
  'proof htu': 'proof',
  'proof iat': 'proof',
  'proof ath': 'proof',
  'proof nonce': 'proof',
  'proof used before': 'proof',

  scope: 'scope',
  'mcp http method': 'scope',
  'mcp message not shown': 'scope',
  'mcp headers hidden': 'scope',
  'mcp headers not binding': 'scope',
  'mcp header repeated': 'scope',
  'mcp header spelling': 'scope',
  'mcp header value': 'scope',
  'mcp body not read': 'scope',
  'mcp body encoded': 'scope',
  'mcp headers and body differ': 'scope',
  'mcp method unknown': 'scope',
  'mcp tool not listed': 'scope',

  where: 'condition',
  acr: 'condition',
  auth_time: 'condition',
  // A policy decision point.
  ruling: 'condition',
  'ruling not known': 'condition',
  'no subject': 'condition',

  'upstream token not known': 'call',
  'no account': 'call',
  'the account is gone': 'call',
  'the account was changed, or the token ended, meanwhile': 'call',
  'the refresh token was used twice': 'call',
  'the clock is behind': 'call',
  "the clock is behind the account's mark": 'call',
  'the token could not be checked': 'call',
  'too many unknown token ids': 'call',
  'too many wrong signatures': 'call',
  "the reporter's keys are not available": 'call',
  'a part failed': 'call',
  'internal error': 'call',
} as const satisfies Readonly<Record<string, Step>>;

/** A check that fails in one way only. */
export type SimpleCheck = keyof typeof STEP_OF;

/** A check whose failure has details. It holds no part of a credential. */
export type DetailedCheck = VerificationCheck | DecisionPointCheck;

/** Why a policy decision point said nothing. */
export interface DecisionPointCheck {
  readonly name: 'decision point';
  /** Its configured name. */
  readonly decisionPoint: string;
  readonly failure: RulingFailure;
}

/** The checks with details that belong to the verification. */
type VerificationCheck =
  | { readonly name: 'length'; readonly maxLength: number }
  | NoIssuerCheck
  | { readonly name: 'every issuer'; readonly refusals: readonly IssuerRefusal[] }
  | { readonly name: 'introspection'; readonly failure: IntrospectionFailure }
  | { readonly name: 'basic'; readonly check: PasswordCheck | 'form' | 'changed meanwhile' | 'no accounts' };

/** No issuer claims a token's `iss`, and no profile without `issuer` takes the token. */
export interface NoIssuerCheck {
  readonly name: 'no issuer';
  readonly iss: 'absent' | 'unknown';
  readonly refusals: readonly { readonly issuer: string; readonly check: ProfileCheck }[];
}

/** What a profile without `issuer` looks at before it verifies a signature. */
export type ProfileCheck = 'alg' | 'iss' | 'aud' | 'sub';

/** The check that failed at one of several issuers. */
export interface IssuerRefusal {
  readonly issuer: string;
  readonly check: Check;
}

/** Why an introspection server said nothing of a token. */
export type IntrospectionFailure = 'busy' | 'down' | 'not configured' | 'no answer' | AnswerFlaw;

/** Why a policy decision point said nothing. */
export type RulingFailure = 'busy' | 'down' | 'not configured' | 'no answer' | AnswerFlaw;

/** What is wrong with the answer of an issuer's server, or of a decision point. */
export type AnswerFlaw =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'length'; readonly maxBytes: number }
  | { readonly kind: 'not JSON' | 'not an object' | 'no introspection' | 'no decision' };

/**
 * The outcomes of a check of a name and a password. `throttled` and `busy`: the password was not compared. `failed`: the
 * store or the hashing failed.
 */
export const LOG_IN_OUTCOMES = ['succeeded', 'refused', 'throttled', 'busy', 'failed'] as const;

export type LogInOutcome = (typeof LOG_IN_OUTCOMES)[number];

/** The checks of a name and a password, however they are presented. */
export type PasswordCheck = Extract<
  SimpleCheck,
  | 'no such account'
  | 'password'
  | 'disabled'
  | 'password queue is full'
  | 'too many failures of this name'
  | 'too many failures of this address'
  | 'the account was changed meanwhile'
>;

/** What exactly failed, for the log and for operators; clients never read it. */
export type Check = SimpleCheck | DetailedCheck;

/** The check that an entry of the revocation set fails. */
export type EntryCheck = `revocation by ${EntryKind | 'an entry'}`;

/** The checks of one step. */
export type CheckOf<S extends Step> =
  | { [C in SimpleCheck]: (typeof STEP_OF)[C] extends S ? C : never }[SimpleCheck]
  | (S extends 'verification' ? VerificationCheck : never)
  | (S extends 'condition' ? DecisionPointCheck : never);

/**
 * What a check found beside what it expected, for the log and for operators. Both are short and printable, and hold no
 * part of a signature. What was found may be a client's own text: a token whose signature was not verified says anything.
 */
export interface Finding {
  /** Such as `aud is "account"`. */
  readonly found: string;
  /** Such as `issuer corporate accepts "shop"`. */
  readonly expected: string;
}

/** A check with the step that it belongs to. */
export type FailedCheck = { [S in Step]: { readonly step: S; readonly check: CheckOf<S> } }[Step];

/** The step that a check belongs to. */
export function stepOf(check: Check): Step {
  if (typeof check === 'string') return STEP_OF[check];
  return check.name === 'decision point' ? 'condition' : 'verification';
}
