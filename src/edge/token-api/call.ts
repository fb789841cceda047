import type { ZodType } from 'zod';
import type { Authority } from '../../accounts/authority.ts';
import type { TokenUse } from '../../core/credential/verified-credential.ts';
import type { Deny } from '../../core/decision.ts';
import { deny } from '../../core/decision.ts';
import type { Reason } from '../../core/reason.ts';
import type { TooManyUnrecorded } from '../../revocation/unrecorded-budget.ts';
import type { ClockBehind } from '../../tokens/token-mint.ts';
import type { Problem, ProblemCode } from '../http/problems.ts';
import type { TokenUseCases } from './use-cases.ts';

export const FORM = 'application/x-www-form-urlencoded';

/** JSON whose bytes are signed, so that the call receives them. */
const SIGNED = 'signed';

/** The account that calls, and the credential that it presented. */
export interface Caller {
  readonly accountId: string;
  readonly use: TokenUse | 'password';
  /** The token's `jti`; `undefined` for a password. */
  readonly tokenId: string | undefined;
  /** A refresh token's number in its family; `undefined` for any other credential. */
  readonly sequence: number | undefined;
  readonly granted: ReadonlySet<string>;
  /** Set if the call declares {@link CallFacts.needsAuthority}. */
  readonly authority: Authority | undefined;
}

/** What a credential needs to be admitted to a call. */
export interface CallerRule {
  /** The scopes that are all required. With an empty list, any credential of our own issuer is sufficient. */
  readonly scopes: readonly string[];
  /** The kinds of credentials that need no scope. */
  readonly sufficient: readonly (TokenUse | 'password')[];
  /** Whether Basic authentication is accepted (RFC 7617). */
  readonly basic: boolean;
  /** Whether a refresh token is required, in place of any other credential. */
  readonly refresh?: boolean;
}

/** What a call's handler receives. */
export interface CallInput<Body> {
  /** `undefined` for a call without authentication. */
  readonly caller: Caller | undefined;
  readonly body: Body;
  /** With an `Idempotency-Key`, the id of what is created. If it exists already, an earlier attempt created it. */
  readonly assignedId: string | undefined;
  /** Likewise, what an API key is made from. */
  readonly assignedSeed: string | undefined;
  /** The parameters of the path. */
  readonly params: Readonly<Record<string, string>>;
  /** The query parameters. */
  readonly query: Readonly<Record<string, string>>;
  /** Request header fields, by lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The client's address, which a trusted proxy may have named. */
  readonly client: string;
  readonly services: TokenUseCases;
}

/** The result of a call, which `encode.ts` turns into an HTTP response. */
export type Outcome = Done | Problem | Deny;

export interface Done {
  readonly outcome: 'done';
  readonly status: number;
  /** The JSON content; `undefined` for a response without content. */
  readonly body?: object | undefined;
  /** Header fields. `cache-control` is `no-store` unless it is set here. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A successful response, as it is documented. */
export interface Success {
  readonly status: number;
  readonly description: string;
  /** The schema of the JSON content, if there is any. */
  readonly content?: ZodType | undefined;
}

/** What routing, admission and documentation need to know about a call. */
interface CallFacts {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The path in Fastify's syntax: `/v1/tokens/:id`. */
  readonly url: string;
  /** A unique name (`operationId` of OpenAPI). */
  readonly operation: string;
  readonly summary: string;
  /** `undefined` for a call without authentication. */
  readonly admission: CallerRule | undefined;
  /** Documents a body that has one of several shapes, in a way that client generators understand. */
  readonly describedBody?: ZodType;
  /** Whether the call changes something that must not take effect once the caller's authority has ended. */
  readonly needsAuthority?: boolean;
  /** The media type of the body. Default: JSON. */
  readonly bodyType?: 'application/json' | typeof FORM | typeof SIGNED;
  /** The longest body, in bytes; that of the door by default. */
  readonly maxBodyBytes?: number;
  /** The header fields that the call requires. */
  readonly fields?: Readonly<Record<string, ZodType>>;
  /** Returns an id for what the call creates. A call that has this accepts an `Idempotency-Key`. */
  readonly newId?: () => string;
  /** The query parameters that the call reads. */
  readonly query?: Readonly<Record<string, ZodType>>;
  readonly success: readonly Success[];
  /** Problems besides those of admission and of the body. */
  readonly problems: readonly ProblemCode[];
  /** Denials besides those of admission. */
  readonly denials?: readonly Reason[];
}

/** One call of the token service. */
export interface Call<Body = undefined> extends CallFacts {
  /** The schema of the body. Without one the body is not read, whatever its content type. */
  readonly body?: ZodType<Body>;
  handle(input: CallInput<Body>): Promise<Outcome>;
}

/** A call whose body type is not known. Only its own schema produces what its handler accepts. */
export interface AnyCall extends CallFacts {
  readonly body?: ZodType;
  handle(input: CallInput<never>): Promise<Outcome>;
}

/** Tells whether this is an OAuth call. These accept forms, and report errors in the format of RFC 6749, section 5.2. */
export function isOfOauth({ body, bodyType }: AnyCall): boolean {
  return body !== undefined && bodyType === FORM;
}

/** Tells whether the call receives the bytes of its body. */
export function isSigned({ bodyType }: AnyCall): boolean {
  return bodyType === SIGNED;
}

/** Tells whether unknown query parameters are ignored: by OAuth calls (RFC 6749, section 3.2) and public documents. */
export function ignoresUnknown(call: AnyCall): boolean {
  return isOfOauth(call) || (call.admission === undefined && call.method === 'GET');
}

export function done(status: number, body?: object, headers?: Readonly<Record<string, string>>): Done {
  return { outcome: 'done', status, body, headers };
}

/** Returns the denial for an account that named too many token ids without a record. Nothing was revoked. */
export function tooManyUnrecorded({ retryAfterSeconds }: TooManyUnrecorded): Outcome {
  return { ...deny('too_many_attempts', undefined, 'too many unknown token ids'), retryAfterSeconds };
}

/** Returns the caller of a call with authentication. */
export function callerOf({ caller }: Pick<CallInput<never>, 'caller'>): Caller {
  if (caller === undefined) throw new Error('a call with authentication was reached without a caller');
  return caller;
}

/** Returns the caller's authority, for a call that declares {@link CallFacts.needsAuthority}. */
export function authorityOf(input: Pick<CallInput<never>, 'caller'>): Authority {
  const { authority } = callerOf(input);
  if (authority === undefined) throw new Error('a call uses an authority without declaring needsAuthority');
  return authority;
}

/** Returns the denial for a caller whose account was changed, or whose token ended, after admission. */
export function authorityEnded(input: Pick<CallInput<never>, 'caller'>): Deny {
  const reason = callerOf(input).use === 'password' ? 'credentials_invalid' : 'token_revoked';
  return deny(reason, undefined, 'the account was changed, or the token ended, meanwhile');
}

/** Returns the denial while this instance's clock is behind the account's mark, so that a new token would be invalid. */
export function clockBehind({ retryAfterSeconds }: ClockBehind): Deny {
  return { ...deny('unavailable', undefined, "the clock is behind the account's mark"), retryAfterSeconds };
}

/** Returns the actor for the audit log. */
export function actorOf(input: Pick<CallInput<never>, 'caller' | 'client'>) {
  return { account: callerOf(input).accountId, client: input.client };
}
