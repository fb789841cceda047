import type { ActiveToken } from './introspect-token.ts';

/** What an introspection says of an active token (RFC 7662, section 2.2), besides `active`. */
export interface IntrospectionMembers {
  readonly scope: string;
  readonly client_id: string | undefined;
  readonly username: string | undefined;
  readonly token_type: 'Bearer';
  /** Unix seconds, like `iat` and `nbf`. */
  readonly exp: number | undefined;
  readonly iat: number | undefined;
  readonly nbf: number | undefined;
  readonly sub: string | undefined;
  readonly aud: string | string[] | undefined;
  readonly iss: string | undefined;
  readonly jti: string | undefined;
}

/** Returns the members for an active token. Its scopes are those that are effective here, not those of its claim. */
export function membersOf({ credential, claims, username }: ActiveToken): IntrospectionMembers {
  const { subject, tokenId, scopes } = credential.identity;
  return {
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

/** Returns whole seconds, as RFC 7662 requires. */
function secondsIn(value: unknown): number | undefined {
  return typeof value === 'number' ? Math.floor(value) : undefined;
}

function audienceIn(value: unknown): string | string[] | undefined {
  if (Array.isArray(value)) return value.filter((item) => typeof item === 'string');
  return textIn(value);
}
