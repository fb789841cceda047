import * as z from 'zod';
import { deny } from '../../../core/decision.ts';
import { covers } from '../../../core/scope.ts';
import type { ActiveToken } from '../../../tokens/introspect-token.ts';
import type { Call, CallerRule, CallInput, Outcome } from '../call.ts';
import { actorOf, callerOf, done, FORM } from '../call.ts';

/** Whoever holds a token may do with it what these calls do; scopes widen whose. */
const ANY_ACCOUNT: CallerRule = {
  scopes: [],
  sufficient: ['password', 'access', 'login', 'private'],
  basic: true,
};

/** Parameters that are not known are ignored, and so is the hint (RFC 6749, section 3.2; RFC 7009, section 2.1). */
const presented = z.object({
  token: z.string('the token, once'),
  token_type_hint: z.string('a kind of token, once').optional(),
  client_id: z.string('a name, once').optional().describe("An account's name, with client_secret in place of Basic"),
  client_secret: z.string('a password, once').optional(),
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
  summary: "Revoke a token that one holds (RFC 7009): of one's own account, or with revocations:write any",
  admission: ANY_ACCOUNT,
  bodyType: FORM,
  body: presented,
  success: [
    { status: 200, description: 'It does not count any more, or never was a token that the caller may revoke' },
  ],
  problems: [],
  handle: revoke,
};

export const introspect: Call<Presented> = {
  method: 'POST',
  url: '/oauth2/introspect',
  operation: 'introspect',
  summary: "Ask whether a token counts (RFC 7662): one's own account's, or with access:introspect any",
  admission: ANY_ACCOUNT,
  bodyType: FORM,
  body: presented,
  success: [
    { status: 200, description: 'Whether it counts, and what is known of one that does', content: introspection },
  ],
  problems: [],
  handle: tell,
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

async function tell(input: CallInput<Presented>): Promise<Outcome> {
  const { accountId, granted } = callerOf(input);
  const asker = { accountId, mayReadAll: covers(granted, 'access:introspect') };
  const found = await input.services.introspectToken.introspect(input.body.token, asker);
  switch (found.outcome) {
    case 'active':
      return done(200, describe(found));
    case 'inactive':
      // Nothing else: not even why (RFC 7662, section 2.2).
      return done(200, { active: false } satisfies z.output<typeof introspection>);
    case 'unavailable':
      return deny('unavailable', undefined, 'the token could not be checked');
  }
}

/** Scopes are those that count here, which a foreign token need not carry. */
function describe({ credential, claims, username }: ActiveToken): z.output<typeof introspection> {
  const { subject, tokenId, scopes } = credential.identity;
  return {
    active: true,
    scope: scopes.join(' '),
    client_id: textIn(claims['client_id']) ?? textIn(claims['azp']),
    username,
    token_type: 'Bearer',
    exp: secondsIn(claims['exp']),
    iat: secondsIn(claims['iat']),
    nbf: secondsIn(claims['nbf']),
    sub: subject,
    aud: audienceIn(claims['aud']),
    iss: textIn(claims['iss']),
    jti: tokenId,
  };
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** RFC 7662 knows whole seconds alone. */
function secondsIn(value: unknown): number | undefined {
  return typeof value === 'number' ? Math.floor(value) : undefined;
}

function audienceIn(value: unknown): string | string[] | undefined {
  if (Array.isArray(value)) return value.filter((item) => typeof item === 'string');
  return textIn(value);
}
