import * as z from 'zod';
import { deny } from '../../../core/decision.ts';
import { covers } from '../../../core/scope.ts';
import { membersOf } from '../../../tokens/introspection-members.ts';
import type { Call, CallerRule, CallInput, Outcome } from '../call.ts';
import { actorOf, callerOf, done, FORM } from '../call.ts';

/** Any account may introspect and revoke its own tokens; a scope extends this to all tokens. */
const ANY_ACCOUNT: CallerRule = {
  scopes: [],
  sufficient: ['password', 'access', 'login', 'private'],
  basic: true,
};

/** Unknown parameters and the hint are ignored (RFC 6749, section 3.2; RFC 7009, section 2.1). */
const presented = z.object({
  token: z.string('must be given exactly once'),
  token_type_hint: z.string('must be given only once').optional(),
  client_id: z
    .string('must be given only once')
    .optional()
    .describe("An account's name, with client_secret in place of Basic"),
  client_secret: z.string('must be given only once').optional(),
});

type Presented = z.output<typeof presented>;

const introspection = z.looseObject({
  active: z.boolean(),
  scope: z.string().optional(),
  client_id: z.string().optional(),
  username: z.string().optional(),
  token_type: z.literal('Bearer').optional(),
  exp: z.int().optional(),
  iat: z.int().optional(),
  nbf: z.int().optional(),
  sub: z.string().optional(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  iss: z.string().optional(),
  jti: z.string().optional(),
});

export const revokePresented: Call<Presented> = {
  method: 'POST',
  url: '/oauth2/revoke',
  operation: 'revokePresented',
  summary: "Revoke a token (RFC 7009) of the caller's account, or with revocations:write any token",
  admission: ANY_ACCOUNT,
  bodyType: FORM,
  body: presented,
  success: [{ status: 200, description: 'The token is revoked, or is not one that the caller may revoke' }],
  problems: [],
  handle: revoke,
};

export const introspect: Call<Presented> = {
  method: 'POST',
  url: '/oauth2/introspect',
  operation: 'introspect',
  summary: "Introspect a token (RFC 7662) of the caller's account, or with access:introspect any token",
  admission: ANY_ACCOUNT,
  bodyType: FORM,
  body: presented,
  success: [{ status: 200, description: 'Whether the token is active, and if so its claims', content: introspection }],
  problems: [],
  handle: introspectPresented,
};

async function revoke(input: CallInput<Presented>): Promise<Outcome> {
  const { adminRevocation, ownTokenRevocation } = input.services;
  const { token } = input.body;
  const by = actorOf(input);
  if (covers(callerOf(input).granted, 'revocations:write')) {
    // What is no token needs no revocation (RFC 7009, section 2.2).
    await adminRevocation.revoke({ kind: 'credential', token }, by);
    return done(200);
  }
  const { outcome } = await ownTokenRevocation.revokePresented(token, by);
  // The client may try again (RFC 7009, section 2.2.1).
  return outcome === 'done' ? done(200) : deny('unavailable', undefined, 'the token could not be checked');
}

async function introspectPresented(input: CallInput<Presented>): Promise<Outcome> {
  const { accountId, granted } = callerOf(input);
  const reader = { accountId, mayReadAll: covers(granted, 'access:introspect') };
  const found = await input.services.introspectToken.introspect(input.body.token, reader);
  switch (found.outcome) {
    case 'active':
      return done(200, { active: true, ...membersOf(found) } satisfies z.output<typeof introspection>);
    case 'inactive':
      // Nothing else, not even the reason (RFC 7662, section 2.2).
      return done(200, { active: false } satisfies z.output<typeof introspection>);
    case 'unavailable':
      return deny('unavailable', undefined, 'the token could not be checked');
  }
}
