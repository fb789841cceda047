import * as z from 'zod';
import { DEFAULT_MAX_CONNECTIONS, FORWARD_AUTH_MODES } from '../../config.ts';
import { parseAddress } from '../../reading/addresses.ts';
import { pemPath } from '../../reading/pem-path.ts';
import { distinct, expected, parsed, text } from '../../reading/shape.ts';
import { milliseconds } from '../../reading/times.ts';
import { hostProblem } from '../routes/route-schema.ts';
import { transportMembers } from './transport-schema.ts';

const address = parsed("an address such as '127.0.0.1:9191', '[::1]:9191' or 'unix:/path'", parseAddress);

const tls = z.strictObject({
  cert: pemPath('the certificate chain').describe('PEM file with the certificate chain of this listener'),
  key: pemPath('the private key').describe('PEM file with the private key of `cert`'),
  clientCa: pemPath("the clients' CA")
    .optional()
    .describe('PEM file with the CA of the required client certificates; without it, clients need none'),
  handshakeTimeout: milliseconds('100ms', '5m')
    .prefault('10s')
    .describe('How long a client may take for its TLS handshake'),
});

const CONNECTIONS_ERROR = expected('a whole number from 10 to 1000000');

const listenerMap = {
  address: address.describe('host:port, [IPv6]:port or unix:path'),
  tls: tls.optional().describe('TLS; without it, the connection is not encrypted'),
  insecure: z.boolean().prefault(false).describe('Accept clients without authentication on an address beyond loopback'),
  maxConnections: z
    .int({ error: CONNECTIONS_ERROR })
    .min(10, { error: CONNECTIONS_ERROR })
    .max(1_000_000, { error: CONNECTIONS_ERROR })
    .prefault(DEFAULT_MAX_CONNECTIONS)
    .describe(
      'Most open connections, in each process. For a further one, the one that has made no call for the longest time is closed: from 10 to 1000000',
    ),
};

const LISTENER = "an address such as '127.0.0.1:9191', or a map with address, tls, insecure and maxConnections";
const listener = z.union([address, z.strictObject(listenerMap)], { error: expected(LISTENER) });

const extAuthzListener = z.union([address, z.strictObject({ ...listenerMap, ...transportMembers })], {
  error: expected(
    "an address such as '127.0.0.1:9191', or a map with address, tls, insecure, maxConnections, transport, limits and maxConnectionAge",
  ),
});

const adminListener = z.union(
  [
    address,
    z.strictObject({
      ...listenerMap,
      hosts: distinct(text('a host name', hostProblem), 'a list of host names')
        .optional()
        .describe(
          'Further host names that it accepts: names with a dot, or *.name. IP addresses, names without a dot and the host of `address` need no entry',
        ),
    }),
  ],
  { error: expected(LISTENER) },
);

const verifyListener = z.union(
  [
    address,
    z.strictObject({
      ...listenerMap,
      mode: z
        .enum(FORWARD_AUTH_MODES, { error: expected('nginx, forwarded or path') })
        .optional()
        .describe(
          'How the gateway describes a request to /auth: nginx (X-Original-Method, X-Original-URL), forwarded (X-Forwarded-Method, -Host and -Uri: Traefik, Caddy, HAProxy) or path (the request itself below /auth: Envoy). Without it, /auth is closed',
        ),
      certificateFrom: z
        .enum(['xfcc'], { error: expected("'xfcc'") })
        .optional()
        .describe(
          "Where the gateway states the client's certificate, for tokens bound to one: xfcc (X-Forwarded-Client-Cert). The gateway must replace what a client sends under this name. By default nowhere: bound tokens are refused",
        ),
    }),
  ],
  {
    error: expected(
      "an address such as '127.0.0.1:9193', or a map with address, tls, insecure, maxConnections, mode and certificateFrom",
    ),
  },
);

/** The schema of `listen`. */
export const listenersSchema = z.strictObject({
  extAuthz: extAuthzListener
    .optional()
    .describe('gRPC for Envoy: envoy.service.auth.v3.Authorization and grpc.health.v1'),
  tokens: listener.optional().describe('HTTP, behind the gateway: the token service and the JWKS'),
  verify: verifyListener
    .optional()
    .describe('HTTP, for gateways and policy clients: /auth (forward authentication) and AuthZEN'),
  access: listener
    .optional()
    .describe('gRPC, for internal services: sallyport.access.v1, grpc.health.v1 and reflection'),
  admin: adminListener.optional().describe('HTTP, for monitoring: /metrics, /livez and /readyz'),
});
