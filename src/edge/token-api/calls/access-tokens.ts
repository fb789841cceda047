import * as z from 'zod';
import { deny } from '../../../core/decision.ts';
import type { TokenRequest } from '../../../tokens/issue-token.ts';
import type { Admission, Call, CallInput, Outcome } from '../call.ts';
import { actorOf, callerOf, done, failed } from '../call.ts';
import { utcTime } from '../encode.ts';

const ADMISSION: Admission = { scopes: ['tokens:manage'], sufficient: ['password'], basic: true };

const request = z.strictObject({
  ttl: z.int('a whole number of seconds').min(1, 'at least 1 second').optional(),
  scopes: z
    .array(z.string('a scope is a string'), 'a list of scopes')
    .min(1, 'at least one scope')
    .max(100, 'at most 100 scopes'),
});

const issued = z.strictObject({
  id: z.string(),
  token_type: z.literal('Bearer'),
  access_token: z.string(),
  expires_at: z.iso.datetime(),
});

export const issueAccessToken: Call<z.output<typeof request>> = {
  method: 'POST',
  url: '/3rdparty/v1/auth/token',
  operation: 'issueAccessToken',
  summary: 'Issue an access token',
  admission: ADMISSION,
  body: request,
  success: [{ status: 201, description: 'The token, shown this once', content: issued }],
  problems: [],
  handle: issue,
};

export const revokeAccessToken: Call = {
  method: 'DELETE',
  url: '/3rdparty/v1/auth/token/:jti',
  operation: 'revokeAccessToken',
  summary: "Revoke a token of one's own; one that is unknown, or another account's, is left alone",
  admission: ADMISSION,
  success: [{ status: 204, description: 'It does not count any more' }],
  problems: [],
  handle: revoke,
};

async function issue(input: CallInput<z.output<typeof request>>): Promise<Outcome> {
  const { ttl, scopes } = input.body;
  const asked: TokenRequest = { ttlSeconds: ttl, scopes };
  const result = await input.services.issueToken.issue(callerOf(input).accountId, asked);
  switch (result.outcome) {
    case 'no_account':
      return deny('token_revoked', undefined, 'the account is gone');
    case 'refused':
      return failed('invalid_body', 'the token cannot be issued as asked', result.errors);
    case 'issued': {
      const { id, accessToken, expiresAtSeconds } = result;
      input.events.tokenIssued(actorOf(input), { id, scopes });
      return done(201, {
        id,
        token_type: 'Bearer',
        access_token: accessToken,
        expires_at: utcTime(expiresAtSeconds),
      } satisfies z.output<typeof issued>);
    }
  }
}

async function revoke(input: CallInput<undefined>): Promise<Outcome> {
  const { jti = '' } = input.params;
  const revoked = await input.services.revokeToken.revoke(jti, callerOf(input).accountId);
  if (revoked) input.events.tokenRevoked(actorOf(input), jti);
  return done(204);
}
