import { describe, expect, it } from 'vitest';
import { bearerProblem, mediaType } from './bearer-kind.ts';

describe('bearerProblem()', () => {
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
    [{ cnf: {} }],
    [{ cnf: { jkt: null, kid: '' } }],
  ])('accepts %j', (claims) => {
    // Claims may have any value.
    expect(bearerProblem(claims as Record<string, unknown>)).toBeUndefined();
  });

  it.each<[problem: string, claims: object]>([
    ...['token_type', 'token_use', 'typ'].flatMap((member) =>
      ['ID', 'id', 'id_token', 'Refresh', 'refresh_token', 'Offline', 'Logout', 'DPoP', 'N_A', 7, true, {}].map(
        (kind): [string, object] => ['token_type', { token_type: 'Bearer', [member]: kind }],
      ),
    ),
    ['cnf', { cnf: { jkt: 'x' } }],
    ['cnf', { cnf: { 'x5t#S256': 'x' } }],
    ['cnf', { cnf: { jwk: { kty: 'EC' } } }],
    ['cnf', { cnf: { kid: 'x', jkt: null } }],
    ['cnf', { cnf: { jku: 'https://a.example' } }],
    ...['x', 7, false, ['x']].map((cnf): [string, object] => ['cnf', { cnf }]),
  ])('returns %s for %j', (problem, claims) => {
    // Claims may have any value.
    expect(bearerProblem(claims as Record<string, unknown>)).toBe(problem);
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
