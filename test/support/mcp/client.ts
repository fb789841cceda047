import { extractWWWAuthenticateParams } from '@modelcontextprotocol/sdk/client/auth.js';
import { ClientCredentialsProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { LoginClient } from './login.ts';
import type { McpPlatform } from './platform.ts';

/** Gets tokens by client credentials. The SDK's own provider requests the same scopes always; this one, the challenged. */
class ChallengedScopes extends ClientCredentialsProvider {
  private scope: string | undefined;

  override prepareTokenRequest(): URLSearchParams {
    return super.prepareTokenRequest(this.scope);
  }

  async fetch(url: string | URL, init?: RequestInit): Promise<Response> {
    const response = await fetch(url, init);
    if (response.headers.has('www-authenticate')) this.scope = extractWWWAuthenticateParams(response).scope;
    return response;
  }
}

/** Connects a client of the MCP SDK that gets its tokens by itself. */
export async function connectMcp(
  { resource, login }: Pick<McpPlatform, 'resource' | 'login'>,
  { id, secret }: LoginClient,
): Promise<Client> {
  const authProvider = new ChallengedScopes({ clientId: id, clientSecret: secret, expectedIssuer: login.origin });
  const client = new Client({ name: 'test', version: '1.0.0' });
  const fetchAndNote = (url: string | URL, init?: RequestInit) => authProvider.fetch(url, init);
  await client.connect(new StreamableHTTPClientTransport(new URL(resource), { authProvider, fetch: fetchAndNote }));
  return client;
}
