import { describe, expect, it } from 'vitest';
import { isAccessToken, mediaType } from './bearer-kind.ts';

describe('isAccessToken()', () => {
  it.each<[claims: object]>([
    [{}],
    ...['Bearer', 'bearer', 'access', 'access_token', 'at+jwt', 'application/at+JWT'].map((kind): [object] => [
      { token_type: kind },
    ]),
    // Keycloak, Cognito, Ory Hydra and Sallyport.
    [{ typ: 'Bearer' }],
    [{ token_use: 'access' }],
    [{ token_type: 'Bearer', token_use: 'access_token' }],
    [{ token_use: 'login' }],
    [{ token_use: 'private' }],
  ])('accepts %j', (claims) => {
    // Claims may have any value.
    expect(isAccessToken(claims as Record<string, unknown>, false)).toBe(true);
  });

  it.each<[claims: object]>(
    ['token_type', 'token_use', 'typ'].flatMap((member) =>
      ['ID', 'id', 'id_token', 'Refresh', 'refresh_token', 'Offline', 'Logout', 'DPoP', 'N_A', 7, true, {}].map(
        (kind): [object] => [{ token_type: 'Bearer', [member]: kind }],
      ),
    ),
  )('refuses %j', (claims) => {
    // Claims may have any value.
    expect(isAccessToken(claims as Record<string, unknown>, false)).toBe(false);
  });
});

it.each([
  ['JWT', 'jwt'],
  ['application/jwt', 'jwt'],
  ['APPLICATION/AT+JWT', 'at+jwt'],
  ['text/jwt', 'text/jwt'],
  ['application/x/jwt', 'application/x/jwt'],
  ['application/', 'application/'],
  [undefined, undefined],
  [7, 7],
])('mediaType(%j) returns %j', (value, type) => {
  expect(mediaType(value)).toBe(type);
});
