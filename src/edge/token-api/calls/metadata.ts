import * as z from 'zod';
import { failed } from '../../http/problems.ts';
import type { Call, CallInput, Outcome } from '../call.ts';
import { done } from '../call.ts';
import { getKeySet } from './key-set.ts';
import { introspect, revokePresented } from './oauth.ts';

const metadata = z.strictObject({
  issuer: z.url(),
  response_types_supported: z.array(z.string()),
  grant_types_supported: z.array(z.string()),
  scopes_supported: z.array(z.string()),
  jwks_uri: z.url(),
  introspection_endpoint: z.url(),
  introspection_endpoint_auth_methods_supported: z.array(z.string()),
  revocation_endpoint: z.url(),
  revocation_endpoint_auth_methods_supported: z.array(z.string()),
});

/** How a client authenticates with a password (RFC 6749, section 2.3.1). */
const CLIENT_METHODS = ['client_secret_basic', 'client_secret_post'];

/** The document seldom changes, and every client requests it when it starts. */
const CACHED = { 'cache-control': 'public, max-age=300' };

export const serverMetadata: Call = {
  method: 'GET',
  url: '/.well-known/oauth-authorization-server',
  operation: 'serverMetadata',
  summary: 'Get the URLs of the OAuth calls (RFC 8414)',
  admission: undefined,
  success: [{ status: 200, description: "URLs below that of Sallyport's own issuer", content: metadata }],
  problems: ['not_found'],
  handle: describe,
};

/** Returns the metadata. It lists no grant and no token endpoint, because no OAuth grant issues tokens here. */
async function describe({ services }: CallInput<undefined>): Promise<Outcome> {
  const { issuer, catalogue } = services;
  if (!URL.canParse(issuer)) return failed('not_found', 'the name of the issuer is not a URL');
  const at = ({ url }: { readonly url: string }): string => `${issuer.replace(/\/$/, '')}${url}`;
  const body = {
    issuer,
    response_types_supported: [],
    grant_types_supported: [],
    scopes_supported: [...catalogue.keys()],
    jwks_uri: at(getKeySet),
    introspection_endpoint: at(introspect),
    introspection_endpoint_auth_methods_supported: [...CLIENT_METHODS, 'Bearer'],
    revocation_endpoint: at(revokePresented),
    revocation_endpoint_auth_methods_supported: [...CLIENT_METHODS],
  } satisfies z.output<typeof metadata>;
  return done(200, body, CACHED);
}
