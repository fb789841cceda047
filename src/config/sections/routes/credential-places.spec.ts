import { describe, expect, it } from 'vitest';
import { configOf, fileWith, problemsOf } from '../../../../test/support/config.ts';
import { placesText } from '../../../core/credential/places/places.ts';

const SURROUNDINGS = `issuers: [{ name: own, issuer: us, signing: { algorithm: EdDSA } }]
basic: { routes: true }
routes:`;

function withPlaces(places: string, more = ''): string {
  return `${SURROUNDINGS}\n  - { path: /a, authenticated: true, credentials: ${places}${more} }`;
}

function routeWith(places: string, more?: string) {
  const [route] = configOf(withPlaces(places, more)).routes;
  if (route === undefined) throw new Error('no route');
  return route;
}

describe('routes[].credentials', () => {
  it('reads every place', () => {
    const { credentialPlaces, allowedOrigins, basic } = routeWith(
      '[authorization, websocketProtocol, { header: x-api-key }, { header: x-serverless-authorization, scheme: Bearer }, { cookie: __Host-session, origins: ["https://app.example.com"] }, { query: access_token }]',
    );
    expect(credentialPlaces).toMatchObject({
      authorization: true,
      headers: [
        { name: 'x-api-key', bearer: false },
        { name: 'x-serverless-authorization', bearer: true },
      ],
      cookies: [{ name: '__Host-session' }],
      websocketProtocol: true,
      queries: ['access_token'],
    });
    expect(allowedOrigins).toEqual(new Set(['https://app.example.com']));
    expect(basic).toBe(true);
    expect(credentialPlaces && placesText(credentialPlaces)).toBe(
      'Authorization, the header x-api-key, the header x-serverless-authorization, the cookie __Host-session, Sec-WebSocket-Protocol, the query parameter access_token',
    );
  });

  it('says nothing of a route that reads Authorization alone', () => {
    expect(routeWith('[authorization]')).not.toHaveProperty('credentialPlaces');
  });

  it('accepts no Basic without Authorization', () => {
    expect(routeWith('[{ cookie: session }]').basic).toBe(false);
    expect(problemsOf(fileWith(withPlaces('[{ cookie: session }]', ', basic: true')))).toEqual([
      expect.stringContaining(
        'routes[0].basic: needs authorization among credentials: no other place holds a password',
      ),
    ]);
  });

  it.each([
    ['[]', 'routes[0].credentials: must not be empty'],
    [
      'authorization',
      "routes[0].credentials: expected a list of places such as [authorization, { cookie: __Host-session }], found 'authorization'",
    ],
    [
      '[authorisation]',
      "routes[0].credentials[0]: expected authorization or websocketProtocol, found 'authorisation', did you mean 'authorization'?",
    ],
    ['[authorization, authorization]', "routes[0].credentials[1]: 'authorization' is listed twice"],
    ['[{ header: x-a }, { header: x-a, scheme: Bearer }]', "routes[0].credentials[1]: 'x-a' is listed twice"],
    ['[{ cookie: a }, { cookie: a }]', "routes[0].credentials[1]: 'a' is listed twice"],
    ['[{ query: token }, { query: Token }]', "routes[0].credentials[1]: 'Token' is listed twice"],
    ['[{ query: a_token }, { query: a-token }]', "routes[0].credentials[1]: 'a-token' is listed twice"],
    [
      '[{ header: X-Api-Key }]',
      "routes[0].credentials[0].header: expected a header name of lower-case letters, digits and '-', such as x-api-key",
    ],
    [
      '[{ header: x_api_key }]',
      "routes[0].credentials[0].header: expected a header name of lower-case letters, digits and '-', such as x-api-key",
    ],
    ['[{ header: authorization }]', 'routes[0].credentials[0].header: write authorization as a place of its own'],
    ['[{ header: cookie }]', 'routes[0].credentials[0].header: write { cookie: NAME } as a place of its own'],
    [
      '[{ header: sec-websocket-protocol }]',
      'routes[0].credentials[0].header: write websocketProtocol as a place of its own',
    ],
    ...[
      'host',
      'origin',
      'sec-fetch-site',
      'x-forwarded-for',
      'x-original-url',
      'connection',
      'traceparent',
      'mcp-name',
    ].map((name) => [
      `[{ header: ${name} }]`,
      `routes[0].credentials[0].header: '${name}' has another meaning and cannot hold a credential`,
    ]),
    [
      '[{ header: x-a, scheme: Basic }]',
      "routes[0].credentials[0].scheme: expected 'Bearer': without scheme the value is the token alone",
    ],
    ['[{ cookie: "a b" }]', "routes[0].credentials[0].cookie: 'a b' is not the name of a cookie"],
    ['[{ cookie: "a=b" }]', "routes[0].credentials[0].cookie: 'a=b' is not the name of a cookie"],
    [
      '[{ cookie: a, origins: [app.example.com] }]',
      "routes[0].credentials[0].origins[0]: expected an origin as browsers send it, such as 'https://app.example.com', found 'app.example.com'",
    ],
    [
      '[{ cookie: a, origins: ["https://App.example.com/"] }]',
      "routes[0].credentials[0].origins[0]: expected an origin as browsers send it, such as 'https://app.example.com', found 'https://App.example.com/': write 'https://app.example.com'",
    ],
    [
      '[{ cookie: a, origins: ["*"] }]',
      "routes[0].credentials[0].origins[0]: expected an origin as browsers send it, such as 'https://app.example.com', found '*'",
    ],
    [
      '[{ cookie: a, origins: ["null"] }]',
      "routes[0].credentials[0].origins[0]: expected an origin as browsers send it, such as 'https://app.example.com', found 'null'",
    ],
    [
      '[{ query: "access token" }]',
      "routes[0].credentials[0].query: expected letters, digits, '_' and '-' inside, such as access_token, found 'access token'",
    ],
    [
      '[{ query: "a[]" }]',
      "routes[0].credentials[0].query: expected letters, digits, '_' and '-' inside, such as access_token, found 'a[]'",
    ],
    ['[{ query: a, header: b }]', "routes[0].credentials[0]: unknown key 'query', expected header or scheme"],
  ])('%s', (places, problem) => {
    const problems = problemsOf(fileWith(withPlaces(places ?? '')));
    expect(problems.map((found) => found.replace(/^[0-9]+:[0-9]+: /, ''))).toEqual([problem]);
  });

  it.each([
    ['x-auth-subject', ''],
    ['x-auth-tenant', 'identity: { claims: { tenant: x-auth-tenant } }'],
    ['x-auth-token', 'identity: { token: { audience: messages } }'],
  ])('does not use a header that carries the identity: %s', (name, identity) => {
    expect(problemsOf(fileWith(`${identity}\n${withPlaces(`[{ header: ${name} }]`)}`))).toEqual([
      expect.stringContaining(`routes[0].credentials[0].header: '${name}' carries the identity`),
    ]);
  });
});
