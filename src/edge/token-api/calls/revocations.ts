import * as z from 'zod';
import type { FieldError } from '../../../core/answer.ts';
import type { Call, CallInput, Outcome } from '../call.ts';
import { actorOf, done, failed, tooManyUnrecorded } from '../call.ts';
import { dateTime } from './date-time.ts';
import { optional, optionalReason } from './fields.ts';

/** The end of the year 9999: who names a later second means milliseconds. */
const MAX_SECONDS = 253_402_300_799;
// A mark is a whole second: the one in which the time lies.
const BEFORE = 'Unix seconds, or a date and time such as 2027-06-30T12:00:00Z';

const name = (what: string) =>
  z.string(what).min(1, 'must not be empty').max(1024, 'at most 1024 characters').nullish();

const fields = z.strictObject({
  token: z.string('a token').min(1, 'must not be empty').nullish(),
  issuer: name("a configured issuer's name"),
  jti: name("a token's id"),
  subject: name('a subject').describe('Of our own issuer an account: its id, name or e-mail address'),
  kid: name("a key's id"),
  before: optional(
    z.union([z.int().min(0, BEFORE).max(MAX_SECONDS, BEFORE), dateTime(BEFORE).transform(Math.ceil)], BEFORE),
  ),
  reason: optionalReason,
});

const request = fields
  .superRefine((body, context) => {
    const problem = problemWith(withoutNull(body)) ?? problemWithNull(body);
    if (problem !== undefined) context.addIssue({ code: 'custom', path: [problem.field], message: problem.message });
  })
  .transform(withoutNull);

type Body = ReturnType<typeof withoutNull>;

export const revoke: Call<Body> = {
  method: 'POST',
  url: '/v1/revocations',
  operation: 'revoke',
  summary: "Revoke a token, a subject's or a key's tokens, or all of an issuer's",
  admission: { scopes: ['revocations:write'], sufficient: [], basic: true },
  body: request,
  success: [{ status: 204, description: 'It does not count any more' }],
  problems: [],
  denials: ['too_many_attempts'],
  handle,
};

async function handle(input: CallInput<Body>): Promise<Outcome> {
  const { token, issuer, jti, subject, kid, before, reason } = input.body;
  const { revokeAny } = input.services;
  const by = actorOf(input);
  if (token !== undefined) {
    const isToken = await revokeAny.revokeToken(token, by, reason);
    return isToken ? done(204) : refused([{ field: 'token', message: 'no token of a kind that is taken here' }]);
  }
  if (issuer === undefined) throw new Error('the schema lets no body through without token and issuer');
  const result = await revokeAny.revoke({ issuer, jti, subject, kid, beforeSeconds: before }, by, reason);
  if (result.outcome === 'refused') return refused(result.errors);
  return result.outcome === 'done' ? done(204) : tooManyUnrecorded(result);
}

function refused(errors: readonly FieldError[]): Outcome {
  return failed('invalid_body', 'nothing was revoked', errors);
}

/** One thing at a time: what a second field would mean, each reader would guess in another way. */
function problemWith({ token, issuer, jti, subject, kid, before }: Body): FieldError | undefined {
  const [, second] = Object.entries({ jti, subject, kid }).filter(([, value]) => value !== undefined);
  if (token !== undefined) {
    const beside = Object.entries({ issuer, jti, subject, kid, before }).find(([, value]) => value !== undefined);
    return beside && { field: beside[0], message: 'does not go with token' };
  }
  if (issuer === undefined) return { field: 'issuer', message: "a configured issuer's name, or else token" };
  if (second !== undefined) return { field: second[0], message: 'one of jti, subject and kid' };
  if (before !== undefined && (jti ?? kid) !== undefined) {
    return { field: 'before', message: 'goes with a subject, or an issuer alone' };
  }
  return undefined;
}

/** `null` means what leaving the field out means, */
function withoutNull({ token, issuer, jti, subject, kid, ...rest }: z.output<typeof fields>) {
  const named = { token: token ?? undefined, issuer: issuer ?? undefined, jti: jti ?? undefined };
  return { ...rest, ...named, subject: subject ?? undefined, kid: kid ?? undefined };
}

/** but not where all of an issuer's tokens would end by it: its sender may have meant one. */
function problemWithNull({ token, jti, subject, kid }: z.output<typeof fields>): FieldError | undefined {
  const named = Object.entries({ token, jti, subject, kid });
  if (named.some(([, value]) => typeof value === 'string')) return undefined;
  const [field] = named.find(([, value]) => value === null) ?? [];
  return field === undefined ? undefined : { field, message: "leave it out to end all of the issuer's tokens" };
}
