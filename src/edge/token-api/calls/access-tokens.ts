import * as z from 'zod';
import type { TokenRequest } from '../../../tokens/issue-token.ts';
import type { IssuedToken } from '../../../tokens/token-mint.ts';
import { newTokenId } from '../../../tokens/token-mint.ts';
import { scopes } from '../../field-schemas.ts';
import type { Call, CallerRule, CallInput, Outcome } from '../call.ts';
import { actorOf, authorityEnded, authorityOf, clockBehind, done, failed, tooManyUnrecorded } from '../call.ts';
import { tokenBody } from '../encode.ts';
import { issuedToken, optional } from './fields.ts';

const ADMISSION: CallerRule = { scopes: ['tokens:manage'], sufficient: ['password'], basic: true };

const request = z.strictObject({
  ttl: optional(z.int('a whole number of seconds').min(1, 'at least 1 second')),
  scopes,
});

/** Three members stand there twice: SMSGate's client for Python, up to 4.3.3 at least, knows them by these names alone. */
const issued = issuedToken.extend({
  tokenType: issuedToken.shape.token_type,
  accessToken: issuedToken.shape.access_token,
  expiresAt: issuedToken.shape.expires_at,
});

export const issueAccessToken: Call<z.output<typeof request>> = {
  method: 'POST',
  url: '/3rdparty/v1/auth/token',
  operation: 'issueAccessToken',
  summary: 'Issue an access token',
  admission: ADMISSION,
  needsAuthority: true,
  body: request,
  newId: newTokenId,
  success: [{ status: 201, description: 'The token, shown this once', content: issued }],
  problems: [],
  handle: issue,
};

export const revokeAccessToken: Call = {
  method: 'DELETE',
  url: '/3rdparty/v1/auth/token/:jti',
  operation: 'revokeAccessToken',
  summary: "Revoke a token of one's own, or one whose record was lost; another account's is left alone",
  admission: ADMISSION,
  success: [{ status: 204, description: 'It does not count any more' }],
  problems: [],
  denials: ['too_many_attempts'],
  handle: revoke,
};

async function issue(input: CallInput<z.output<typeof request>>): Promise<Outcome> {
  const { ttl, scopes: names } = input.body;
  const asked: TokenRequest = { ttlSeconds: ttl, scopes: names };
  const result = await input.services.issueToken.issue(actorOf(input), authorityOf(input), asked, input.assignedId);
  switch (result.outcome) {
    case 'no_authority':
      return authorityEnded(input);
    case 'clock_behind':
      return clockBehind(result);
    case 'refused':
      return failed('invalid_body', 'the token cannot be issued as asked', result.errors);
    case 'issued':
      return done(201, bodyOf(result));
  }
}

function bodyOf(token: IssuedToken): z.output<typeof issued> {
  const body = tokenBody(token);
  return { ...body, tokenType: body.token_type, accessToken: body.access_token, expiresAt: body.expires_at };
}

async function revoke(input: CallInput<undefined>): Promise<Outcome> {
  const { jti = '' } = input.params;
  const result = await input.services.ownTokenRevocation.revokeUnlisted(jti, actorOf(input));
  return result.outcome === 'done' ? done(204) : tooManyUnrecorded(result);
}
