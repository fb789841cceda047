import { describe, expect, it } from 'vitest';
import { makeCredential, makeRoute } from '../../test/support/core.ts';
import { answerTo, problem } from './answer.ts';
import { deny } from './decision.ts';
import type { Reason } from './reason.ts';
import { REASONS } from './reason.ts';
import type { Requirement } from './scope.ts';

const send: Requirement = { kind: 'allOf', scopes: ['messages:send'] };
const route = makeRoute({ requirement: send });

/** The table of contract section 2, word for word where it has words. */
const TABLE: Readonly<Record<Reason, readonly [status: number, title: string, message: string, challenge?: string]>> = {
  credentials_required: [401, 'Unauthorized', 'credentials required', 'Bearer realm="sallyport"'],
  invalid_request: [
    400,
    'Bad Request',
    'more than one credential',
    'Bearer realm="sallyport", error="invalid_request"',
  ],
  token_invalid: [401, 'Unauthorized', 'invalid token', 'Bearer realm="sallyport", error="invalid_token"'],
  token_expired: [
    401,
    'Unauthorized',
    'token expired',
    'Bearer realm="sallyport", error="invalid_token", error_description="token expired"',
  ],
  token_revoked: [
    401,
    'Unauthorized',
    'token revoked',
    'Bearer realm="sallyport", error="invalid_token", error_description="token revoked"',
  ],
  credentials_invalid: [401, 'Unauthorized', 'invalid credentials', 'Bearer realm="sallyport"'],
  scope_required: [
    403,
    'Forbidden',
    'scope required: messages:send',
    'Bearer realm="sallyport", error="insufficient_scope", scope="messages:send"',
  ],
  condition_failed: [403, 'Forbidden', 'not permitted'],
  step_up_required: [
    401,
    'Unauthorized',
    'stronger or more recent authentication required',
    'Bearer realm="sallyport", error="insufficient_user_authentication", error_description="stronger or more recent authentication required"',
  ],
  route_denied: [403, 'Forbidden', 'no such route or method'],
  path_rejected: [400, 'Bad Request', 'ambiguous path or method'],
  too_many_attempts: [429, 'Too Many Requests', 'too many attempts'],
  unavailable: [503, 'Service Unavailable', 'authorization unavailable, try again'],
};

describe('answerTo()', () => {
  it.each(REASONS)('says %s as the contract does when Basic is not offered', (reason) => {
    const [status, title, message, challenge] = TABLE[reason];
    const answer = answerTo(deny(reason, route, 'signature', 'partner'));
    expect(JSON.parse(answer.body)).toEqual({
      type: `urn:sallyport:problem:${reason}`,
      title,
      status,
      code: reason,
      detail: message,
      message,
    });
    expect(answer.status).toBe(status);
    expect(answer.challenges).toEqual(challenge === undefined ? [] : [challenge]);
    expect(answer.retryAfterSeconds).toBe([429, 503].includes(status) ? 1 : undefined);
  });

  it('writes the members of token_expired in the order of the contract', () => {
    expect(answerTo(deny('token_expired', route, 'exp')).body).toBe(
      '{"type":"urn:sallyport:problem:token_expired","title":"Unauthorized","status":401,"code":"token_expired","detail":"token expired","message":"token expired"}',
    );
  });

  it.each(REASONS)('offers Basic beside Bearer for %s only when credentials are asked for', (reason) => {
    const offered = answerTo({ ...deny(reason, route, 'signature'), offersBasic: true }).challenges;
    const bearer = TABLE[reason][3];
    const asks = reason === 'credentials_required' || reason === 'credentials_invalid';
    expect(offered).toEqual(
      asks ? [bearer, 'Basic realm="sallyport", charset="UTF-8"'] : bearer === undefined ? [] : [bearer],
    );
  });

  it.each<[Requirement['kind'] & ('anyOf' | 'allOf'), string]>([
    ['allOf', 'scope required: a:b and c:d'],
    ['anyOf', 'scope required: a:b or c:d'],
  ])('names every scope when %s asks for two', (kind, message) => {
    const answer = answerTo(
      deny('scope_required', makeRoute({ requirement: { kind, scopes: ['a:b', 'c:d'] } }), 'scope'),
    );
    expect(JSON.parse(answer.body)).toMatchObject({ message });
    expect(answer.challenges).toEqual(['Bearer realm="sallyport", error="insufficient_scope", scope="a:b c:d"']);
  });

  it('does not tell which check failed, for which issuer, or whose token it was', () => {
    for (const reason of REASONS) {
      const denial = {
        ...deny(reason, route, { name: 'length', maxLength: 4711 }, 'secret-issuer'),
        credential: makeCredential(),
      };
      const told = JSON.stringify(answerTo(denial));
      for (const secret of ['length', '4711', 'secret-issuer', 'partner', 'sub-1', 't-1']) {
        expect(told).not.toContain(secret);
      }
    }
  });
});

describe('problem()', () => {
  it('escapes what it is given and adds further members', () => {
    expect(problem('invalid_body', 400, 'Bad Request', 'a "b"\r\n', { errors: [{ field: 'ttl' }] })).toBe(
      '{"type":"urn:sallyport:problem:invalid_body","title":"Bad Request","status":400,"code":"invalid_body","detail":"a \\"b\\"\\r\\n","message":"a \\"b\\"\\r\\n","errors":[{"field":"ttl"}]}',
    );
  });
});
