import type { RequestListener } from 'node:http';
import Provider from 'oidc-provider';
import { type IssuerServer, startIssuerServer } from './issuer-server.ts';

export const AUDIENCE = 'urn:sms-gateway';
/** Contains characters that must be form-encoded in `Authorization: Basic`. */
export const GATEWAY = { id: 'gate:way', secret: 'p%:w+&/= x' };
const APP = { id: 'app', secret: 'app-secret' };
const INTROSPECTION = '/token/introspection';

/** An authorization server with opaque tokens: oidc-provider on a loopback port. */
export interface AuthorizationServer extends IssuerServer {
  readonly introspection: string;
  /** Handles introspection requests instead of the provider. */
  disturbance: RequestListener | undefined;
  /** Issues a token by client credentials. */
  issue(scope: string): Promise<string>;
  /** Revokes a token at the server (RFC 7009). */
  revoke(token: string): Promise<void>;
  /** Returns the number of introspection requests. */
  introspections(): number;
}

export async function startAuthorizationServer(): Promise<AuthorizationServer> {
  let answer: RequestListener = () => undefined;
  const server = await startIssuerServer((request, response) => {
    const isDisturbed = request.url === INTROSPECTION && running.disturbance !== undefined;
    (isDisturbed ? running.disturbance : answer)?.(request, response);
  });
  const provider = new Provider(server.origin, configuration());
  answer = provider.callback();
  const running: AuthorizationServer = {
    ...server,
    introspection: `${server.origin}${INTROSPECTION}`,
    disturbance: undefined,
    issue: async (scope) => {
      const body = await post(server, '/token', { grant_type: 'client_credentials', scope });
      return JSON.parse(body).access_token;
    },
    revoke: async (token) => void (await post(server, '/token/revocation', { token })),
    introspections: () => server.requests.filter((path) => path === INTROSPECTION).length,
  };
  return running;
}

async function post({ origin }: IssuerServer, path: string, form: Record<string, string>): Promise<string> {
  const authorization = `Basic ${Buffer.from(`${APP.id}:${APP.secret}`).toString('base64')}`;
  const response = await fetch(`${origin}${path}`, {
    method: 'POST',
    headers: { authorization },
    body: new URLSearchParams(form),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response.text();
}

function configuration(): object {
  const isEnabled = { enabled: true };
  const isOpen = { enabled: true, allowedPolicy: () => true };
  const client = { grant_types: [], redirect_uris: [], response_types: [] };
  return {
    clients: [
      { ...client, client_id: APP.id, client_secret: APP.secret, grant_types: ['client_credentials'] },
      { ...client, client_id: GATEWAY.id, client_secret: GATEWAY.secret },
    ],
    ttl: { ClientCredentials: 600 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: isEnabled,
      introspection: isOpen,
      revocation: isOpen,
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        getResourceServerInfo: () => ({
          scope: 'messages:send messages:list',
          audience: AUDIENCE,
          accessTokenFormat: 'opaque',
        }),
      },
    },
  };
}
