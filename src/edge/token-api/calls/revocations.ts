import * as z from 'zod';
import type { FieldError } from '../../../core/answer.ts';
import type { FieldsProblem, RequestProblem, RevocationRequest } from '../../../revocation/revocation-request.ts';
import { readRevocationRequest } from '../../../revocation/revocation-request.ts';
import { failed } from '../../http/problems.ts';
import type { Call, CallInput, Outcome } from '../call.ts';
import { actorOf, done, tooManyUnrecorded } from '../call.ts';
import { dateTime } from './date-time.ts';
import { optional, optionalReason } from './fields.ts';

/** The end of the year 9999. A later number of seconds must be milliseconds. */
const MAX_SECONDS = 253_402_300_799;
const BEFORE = 'must be Unix seconds, or a date and time such as 2027-06-30T12:00:00Z';

const NOT_WITH_TOKEN = 'must not be given with token';
const NAMES = ['token', 'jti', 'subject', 'kid'] as const;

const name = z
  .string('must be a string')
  .min(1, 'must not be empty')
  .max(1024, 'must have at most 1024 characters')
  .nullish();

const fields = z.strictObject({
  token: z.string('must be a string').min(1, 'must not be empty').nullish(),
  issuer: name.describe('The name of a configured issuer'),
  jti: name.describe('The id of a token'),
  subject: name.describe('For our own issuer an account: its id, name or e-mail address'),
  kid: name.describe('The id of a signing key'),
  before: optional(
    z.union([z.int().min(0, BEFORE).max(MAX_SECONDS, BEFORE), dateTime(BEFORE).transform(Math.ceil)], BEFORE),
  ),
  reason: optionalReason,
});

const request = fields.transform((body, context): Body => {
  const decoded = decode(body);
  if (!('request' in decoded)) {
    context.addIssue({ code: 'custom', path: [decoded.field], message: decoded.message });
    return z.NEVER;
  }
  return decoded;
});

interface Body {
  readonly request: RevocationRequest;
  readonly reason: string | undefined;
}

export const revoke: Call<Body> = {
  method: 'POST',
  url: '/v1/revocations',
  operation: 'revoke',
  summary: "Revoke a token, a subject's or a key's tokens, or all of an issuer's",
  admission: { scopes: ['revocations:write'], sufficient: [], basic: true },
  body: request,
  success: [
    {
      status: 204,
      description: 'The revocation is in force, even if the store has no record of the token, the account or the key',
    },
  ],
  problems: [],
  denials: ['too_many_attempts'],
  handle,
};

async function handle(input: CallInput<Body>): Promise<Outcome> {
  const { request: revocation, reason } = input.body;
  const result = await input.services.adminRevocation.revoke(revocation, actorOf(input), reason);
  switch (result.outcome) {
    case 'revoked':
      return done(204);
    case 'refused':
      return failed('invalid_body', 'nothing was revoked', [fieldErrorOf(result.problem)]);
    case 'too many':
      return tooManyUnrecorded(result);
  }
}

function decode({ reason, ...written }: z.output<typeof fields>): Body | FieldError {
  const fieldsGiven = withoutNull(written);
  const { token, issuer, jti, subject, kid } = fieldsGiven;
  const isAll = issuer !== undefined && (token ?? jti ?? subject ?? kid) === undefined;
  if (isAll) {
    const empty = NAMES.find((field) => written[field] === null);
    // Its sender may have meant one token.
    if (empty !== undefined)
      return { field: empty, message: "must not be null; leave it out to revoke all of the issuer's tokens" };
  }
  const read = readRevocationRequest(isAll ? { ...fieldsGiven, all: true } : fieldsGiven);
  return read.outcome === 'read' ? { request: read.request, reason } : fieldErrorOf(read.problem);
}

/** `null` means the same as leaving the field out. */
function withoutNull({ token, issuer, jti, subject, kid, before }: Omit<z.output<typeof fields>, 'reason'>) {
  const named = { token: token ?? undefined, issuer: issuer ?? undefined, jti: jti ?? undefined };
  return { ...named, subject: subject ?? undefined, kid: kid ?? undefined, before };
}

/** What is wrong, at the field where it is wrong. */
function fieldErrorOf(problem: FieldsProblem | RequestProblem): FieldError {
  switch (problem.problem) {
    case 'nothing selected':
    case 'issuer missing':
      return { field: 'issuer', message: 'must be the name of a configured issuer, unless token is given' };
    case 'several selected': {
      const [first, second] = problem.fields;
      return first === 'token'
        ? { field: second, message: NOT_WITH_TOKEN }
        : { field: second, message: 'only one of jti, subject and kid may be given' };
    }
    case 'unrelated field': {
      const { field, selector } = problem;
      return {
        field,
        message: selector === 'token' ? NOT_WITH_TOKEN : 'may be given only with subject, or with issuer alone',
      };
    }
    case 'unknown issuer':
      return { field: 'issuer', message: `no such issuer: ${JSON.stringify(problem.issuer)}` };
    case 'no key ids':
      return { field: 'kid', message: 'the issuer has no keys with a kid' };
    case 'unknown account':
      return { field: 'subject', message: 'no account has this id, name or e-mail address' };
    case 'not a token':
      return { field: 'token', message: 'is neither a JWT nor an opaque token of a configured issuer' };
  }
}
