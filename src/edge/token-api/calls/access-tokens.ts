import * as z from 'zod';
import { deny } from '../../../core/decision.ts';
import { REFRESH_SCOPE } from '../../../core/scope.ts';
import type { TokenRequest } from '../../../tokens/issue-token.ts';
import type { IssuedToken } from '../../../tokens/token-mint.ts';
import { newTokenId } from '../../../tokens/token-mint.ts';
import { scopes } from '../../field-schemas.ts';
import { failed } from '../../http/problems.ts';
import type { Call, CallerRule, CallInput, Outcome } from '../call.ts';
import { actorOf, authorityEnded, authorityOf, callerOf, clockBehind, done, tooManyUnrecorded } from '../call.ts';
import { tokenBody } from '../encode.ts';
import { issuedToken, optional } from './fields.ts';

const ADMISSION: CallerRule = { scopes: ['tokens:manage'], sufficient: ['password'], basic: true };

const request = z.strictObject({
  ttl: optional(z.int('must be a whole number of seconds').min(1, 'must be at least 1 second')),
  scopes,
});

/** These members have a second name: SMSGate's Python client, up to 4.3.3 at least, knows only these. */
const issued = issuedToken.extend({
  tokenType: issuedToken.shape.token_type,
  accessToken: issuedToken.shape.access_token,
  expiresAt: issuedToken.shape.expires_at,
  refresh_token: z
    .string()
    .optional()
    .describe('If the configuration has refresh tokens and the account may have them'),
  refreshToken: z.string().optional(),
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
  success: [{ status: 201, description: 'The token, which is not shown again', content: issued }],
  problems: [],
  handle: issue,
};

export const refreshAccessToken: Call = {
  method: 'POST',
  url: '/3rdparty/v1/auth/token/refresh',
  operation: 'refreshAccessToken',
  summary: 'Exchange a refresh token, which works once, for an access token and the next refresh token',
  admission: { scopes: [REFRESH_SCOPE], sufficient: [], basic: false, refresh: true },
  needsAuthority: true,
  newId: newTokenId,
  success: [{ status: 201, description: 'The tokens, which are not shown again', content: issued }],
  problems: ['not_found'],
  handle: refresh,
};

export const revokeAccessToken: Call = {
  method: 'DELETE',
  url: '/3rdparty/v1/auth/token/:jti',
  operation: 'revokeAccessToken',
  summary: "Revoke a token of the caller's account, or one without a record; a token of another account stays valid",
  admission: ADMISSION,
  success: [{ status: 204, description: 'The token is revoked, unless it is of another account' }],
  problems: [],
  denials: ['too_many_attempts'],
  handle: revoke,
};

async function issue(input: CallInput<z.output<typeof request>>): Promise<Outcome> {
  const { ttl, scopes: names } = input.body;
  const tokenRequest: TokenRequest = { ttlSeconds: ttl, scopes: names };
  const by = actorOf(input);
  const result = await input.services.issueToken.issue(by, authorityOf(input), tokenRequest, input.assignedId);
  switch (result.outcome) {
    case 'no_authority':
      return authorityEnded(input);
    case 'clock_behind':
      return clockBehind(result);
    case 'refused':
      return failed('invalid_body', 'the token cannot be issued as requested', result.errors);
    case 'issued':
      return done(201, bodyOf(result));
  }
}

async function refresh(input: CallInput<undefined>): Promise<Outcome> {
  const { tokenId: family, sequence } = callerOf(input);
  const { refreshToken } = input.services;
  if (refreshToken === undefined) return failed('not_found', 'the configuration has no refresh tokens');
  if (family === undefined || sequence === undefined) throw new Error('a call was reached without a refresh token');
  const presented = { family, sequence };
  const result = await refreshToken.refresh(actorOf(input), authorityOf(input), presented, input.assignedId);
  switch (result.outcome) {
    case 'no_authority':
      return authorityEnded(input);
    case 'reused':
      return deny('token_revoked', undefined, 'the refresh token was used twice');
    case 'clock_behind':
      return clockBehind(result);
    case 'issued':
      return done(201, bodyOf(result));
  }
}

function bodyOf(token: IssuedToken): z.output<typeof issued> {
  const body = tokenBody(token);
  const { refreshToken } = token;
  return {
    ...body,
    tokenType: body.token_type,
    accessToken: body.access_token,
    expiresAt: body.expires_at,
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken, refreshToken }),
  };
}

async function revoke(input: CallInput<undefined>): Promise<Outcome> {
  const { jti = '' } = input.params;
  const result = await input.services.ownTokenRevocation.revokeUnlisted(jti, actorOf(input));
  return result.outcome === 'done' ? done(204) : tooManyUnrecorded(result);
}
