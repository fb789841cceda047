import * as oauth from 'oauth4webapi';
import { describe, expect, it } from 'vitest';
import { ISSUER, issue, PASSWORD, service, useOauth } from '../../support/oauth.ts';

useOauth();

describe('an OAuth client library', () => {
  it.each([
    ['client_secret_basic', oauth.ClientSecretBasic],
    ['client_secret_post', oauth.ClientSecretPost],
  ])('discovers the calls, introspects and revokes with %s', async (_method, authenticate) => {
    const { access_token, id } = await issue('messages:send');
    // In production a gateway has the issuer's name and forwards these requests.
    const options = {
      [oauth.customFetch]: (url: string, init: object) => fetch(url.replace(ISSUER, `${service.origin}`), init),
    };
    const issuer = new URL(ISSUER);
    const discovered = await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oauth2' });
    const server = await oauth.processDiscoveryResponse(issuer, discovered);
    const client = { client_id: 'ada' };
    const auth = authenticate(PASSWORD);

    const first = await oauth.introspectionRequest(server, client, auth, access_token, options);
    const found = await oauth.processIntrospectionResponse(server, client, first);
    expect(found).toMatchObject({ active: true, jti: id, username: 'ada' });

    await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, auth, access_token, options));
    const again = await oauth.introspectionRequest(server, client, auth, access_token, options);
    expect(await oauth.processIntrospectionResponse(server, client, again)).toEqual({ active: false });

    const wrong = await oauth.introspectionRequest(server, client, authenticate('x'), access_token, options);
    await expect(oauth.processIntrospectionResponse(server, client, wrong)).rejects.toMatchObject({ status: 401 });
  });

  it('can cache the metadata of the server', async () => {
    const answer = await fetch(`${service.origin}/.well-known/oauth-authorization-server`);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    expect(await answer.json()).toEqual({
      issuer: ISSUER,
      response_types_supported: [],
      grant_types_supported: [],
      scopes_supported: ['messages:send', 'messages:list'],
      introspection_endpoint: `${ISSUER}/oauth2/introspect`,
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'Bearer'],
      jwks_uri: `${ISSUER}/.well-known/jwks.json`,
      revocation_endpoint: `${ISSUER}/oauth2/revoke`,
      revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    });
  });
});
