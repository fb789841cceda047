import type { ZodType } from 'zod';
import type { Authority } from '../../accounts/authority.ts';
import type { FieldError } from '../../core/answer.ts';
import type { Deny } from '../../core/decision.ts';
import { deny } from '../../core/decision.ts';
import type { Reason } from '../../core/reason.ts';
import type { TokenUse } from '../../core/verified-credential.ts';
import type { TooManyUnrecorded } from '../../revocation/unrecorded-budget.ts';
import type { ClockBehind } from '../../tokens/token-mint.ts';
import type { ProblemCode } from './problems.ts';
import type { TokenUseCases } from './use-cases.ts';

export const FORM = 'application/x-www-form-urlencoded';

/** Who calls: an account of ours, by its password or by a token. */
export interface Caller {
  readonly accountId: string;
  readonly use: TokenUse | 'password';
  /** `jti`, where it calls by a token. */
  readonly tokenId: string | undefined;
  readonly granted: ReadonlySet<string>;
  /** Where the call says that it {@link CallFacts.needsAuthority}. */
  readonly authority: Authority | undefined;
}

/** Who may call at all. */
export interface CallerRule {
  /** Every one of them is needed; of an empty list any credential of ours will do. */
  readonly scopes: readonly string[];
  /** Kinds of credentials that need no scope. */
  readonly sufficient: readonly (TokenUse | 'password')[];
  /** Whether a password is taken (RFC 7617). */
  readonly basic: boolean;
}

/** What a call is told. */
export interface CallInput<Body> {
  /** `undefined` where nobody was asked. */
  readonly caller: Caller | undefined;
  readonly body: Body;
  /** What is made gets this id, where the request may be sent again; what has it already was made by it before. */
  readonly assignedId: string | undefined;
  /** The parameters of the path. */
  readonly params: Readonly<Record<string, string>>;
  /** The parameters behind the question mark. */
  readonly query: Readonly<Record<string, string>>;
  /** Request header fields, by lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The client's address, as far as a trusted proxy tells it. */
  readonly client: string;
  readonly services: TokenUseCases;
}

/** What became of a call; one place makes an HTTP answer of it. */
export type Outcome = Done | Problem | Deny;

export interface Done {
  readonly outcome: 'done';
  readonly status: number;
  /** JSON; without it there is no content. */
  readonly body?: object | undefined;
  /** `cache-control: no-store` stands unless it is named here. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface Problem {
  readonly outcome: 'problem';
  readonly code: ProblemCode;
  readonly message: string;
  readonly errors?: readonly FieldError[] | undefined;
  readonly retryAfterSeconds?: number;
}

/** A success, as the documentation has it. */
export interface Success {
  readonly status: number;
  readonly description: string;
  /** Of the JSON content, where there is any. */
  readonly content?: ZodType | undefined;
}

/** All that the router, the gatekeeper and the documentation need to know of a call. */
interface CallFacts {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As fastify writes it: `/v1/tokens/:id`. */
  readonly url: string;
  /** A unique name (`operationId` of OpenAPI). */
  readonly operation: string;
  readonly summary: string;
  /** `undefined`: nobody is asked who they are, the call sees to that itself. */
  readonly admission: CallerRule | undefined;
  /** For the documentation: a body that takes one of several forms, in a way that generators of clients can read. */
  readonly describedBody?: ZodType;
  /** What it makes must not outlast the authority that the caller has when it is admitted. */
  readonly needsAuthority?: boolean;
  /** Of its body, where it has one; JSON without it. */
  readonly bodyType?: 'application/json' | typeof FORM;
  /** Where it makes something: an id for that. Such a call takes an `Idempotency-Key`. */
  readonly newId?: () => string;
  /** The parameters behind the question mark that are looked at. */
  readonly query?: Readonly<Record<string, ZodType>>;
  readonly success: readonly Success[];
  /** Problems of its own, beside those of its admission and its body. */
  readonly problems: readonly ProblemCode[];
  /** Denials of its own, beside those of its admission. */
  readonly denials?: readonly Reason[];
}

/** One call of the token service. */
export interface Call<Body = undefined> extends CallFacts {
  /** Of the body; without it none is read, whatever its content type. */
  readonly body?: ZodType<Body>;
  handle(input: CallInput<Body>): Promise<Outcome>;
}

/** One of several calls: only its own schema makes what its handler takes. */
export interface AnyCall extends CallFacts {
  readonly body?: ZodType;
  handle(input: CallInput<never>): Promise<Outcome>;
}

/** The calls of OAuth are those that take forms; they answer what goes wrong as RFC 6749 has it. */
export function isOfOauth({ body, bodyType }: AnyCall): boolean {
  return body !== undefined && bodyType === FORM;
}

/** As standards have it: of OAuth's calls (RFC 6749, section 3.2), and where documents are published. */
export function ignoresUnknown(call: AnyCall): boolean {
  return isOfOauth(call) || (call.admission === undefined && call.method === 'GET');
}

export function done(status: number, body?: object, headers?: Readonly<Record<string, string>>): Done {
  return { outcome: 'done', status, body, headers };
}

export function failed(code: ProblemCode, message: string, errors?: readonly FieldError[]): Problem {
  return { outcome: 'problem', code, message, errors };
}

/** The account has named more token ids than it may that the store knows nothing of; nothing was revoked. */
export function tooManyUnrecorded({ retryAfterSeconds }: TooManyUnrecorded): Outcome {
  return { ...deny('too_many_attempts', undefined, 'too many unknown token ids'), retryAfterSeconds };
}

/** The caller of a call that asks who calls. */
export function callerOf({ caller }: Pick<CallInput<never>, 'caller'>): Caller {
  if (caller === undefined) throw new Error('a call was reached by a caller who was not admitted');
  return caller;
}

/** The authority of a caller of a call that needs it. */
export function authorityOf(input: Pick<CallInput<never>, 'caller'>): Authority {
  const { authority } = callerOf(input);
  if (authority === undefined) throw new Error('a call needs an authority and does not say so');
  return authority;
}

/** The caller's account, or its token, is no more what it was when the caller was admitted. */
export function authorityEnded(input: Pick<CallInput<never>, 'caller'>): Deny {
  const reason = callerOf(input).use === 'password' ? 'credentials_invalid' : 'token_revoked';
  return deny(reason, undefined, 'the account was changed, or the token ended, meanwhile');
}

export function clockBehind({ retryAfterSeconds }: ClockBehind): Deny {
  return { ...deny('unavailable', undefined, "the clock is behind the account's mark"), retryAfterSeconds };
}

/** Who did it, for the audit log. */
export function actorOf(input: Pick<CallInput<never>, 'caller' | 'client'>) {
  return { account: callerOf(input).accountId, client: input.client };
}
