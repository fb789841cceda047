import type { RequestListener } from 'node:http';
import Provider from 'oidc-provider';
import { type IssuerServer, startIssuerServer } from '../servers/issuer-server.ts';

/** A client of the authorization server that acts on its own behalf. */
export interface LoginClient {
  readonly id: string;
  readonly secret: string;
}

/** May get every scope. */
export const AGENT: LoginClient = { id: 'agent', secret: 'agent-secret' };
/** May not get `messages:send`. */
export const READER: LoginClient = { id: 'reader', secret: 'reader-secret' };

/** An authorization server that issues JWTs for the resource that a client names (RFC 8707): oidc-provider on loopback. */
export interface Login extends IssuerServer {
  /** Issues a token by client credentials. */
  issue(scope: string, resource: string): Promise<string>;
}

export async function startLogin(): Promise<Login> {
  let answer: RequestListener = () => undefined;
  const server = await startIssuerServer((request, response) => answer(request, response));
  answer = new Provider(server.origin, configuration()).callback();
  const issue = async (scope: string, resource: string): Promise<string> => {
    const response = await fetch(`${server.origin}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${AGENT.id}:${AGENT.secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource }),
    });
    const body = (await response.json()) as { readonly access_token?: string };
    if (body.access_token === undefined) throw new Error(`no token: ${JSON.stringify(body)}`);
    return body.access_token;
  };
  return { ...server, issue };
}

const SCOPES = 'mcp:use messages:list messages:send';

function configuration(): object {
  const client = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] };
  return {
    clients: [
      { ...client, client_id: AGENT.id, client_secret: AGENT.secret, scope: SCOPES },
      { ...client, client_id: READER.id, client_secret: READER.secret, scope: 'mcp:use messages:list' },
    ],
    scopes: SCOPES.split(' '),
    ttl: { ClientCredentials: 600 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          scope: SCOPES,
          audience: resource,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  };
}
