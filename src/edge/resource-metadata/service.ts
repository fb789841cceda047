import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Listener, ResourceConfig } from '../../config/config.ts';
import type { ForwardingObserver } from '../client-address.ts';
import { createHttpServer, listen, shutDown, watchConnections } from '../http/http-server.ts';
import { failed } from '../http/problems.ts';
import { sendRefusal } from '../http/refusal.ts';
import type { DoorObserver } from '../listening.ts';
import { tlsRenewal } from '../listening.ts';
import { findResource } from './decode.ts';
import { encodeMetadata } from './encode.ts';

const DOOR = 'tokens';
const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** The document seldom changes, and every client requests it when it starts. */
const CACHED = 'public, max-age=300';

/** Clients in browsers run at other origins, and send headers such as `MCP-Protocol-Version`. The document is public. */
const ANY_ORIGIN = { 'access-control-allow-origin': '*' };
const PREFLIGHT = {
  ...ANY_ORIGIN,
  'access-control-allow-methods': 'GET, HEAD',
  'access-control-allow-headers': '*',
  'access-control-max-age': '86400',
};

/** Serves the metadata of resources (RFC 9728, section 3). @param resources the current ones; a reload replaces them. */
export function resourceMetadata(resources: () => readonly ResourceConfig[]) {
  return async (server: FastifyInstance): Promise<void> => {
    const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      reply.headers(ANY_ORIGIN);
      const resource = findResource(request.raw.url ?? '', request.host, resources());
      if (resource === undefined) return sendRefusal(reply, failed('not_found', 'no such resource'));
      const content = Buffer.from(JSON.stringify(encodeMetadata(resource)));
      await reply.type('application/json').header('cache-control', CACHED).send(content);
    };
    for (const url of [WELL_KNOWN, `${WELL_KNOWN}/*`]) {
      server.get(url, answer);
      server.options(url, async (_request, reply) => void (await reply.code(204).headers(PREFLIGHT).send()));
    }
  };
}

export interface ResourceMetadataParts {
  readonly resources: () => readonly ResourceConfig[];
  readonly trustedProxies: () => readonly string[];
  readonly observer: DoorObserver & ForwardingObserver;
}

/** Opens the tokens door for metadata alone, where no issuer is our own. Rejects if it cannot listen. */
export async function openResourceMetadata(listener: Listener, parts: ResourceMetadataParts) {
  const { resources, trustedProxies, observer } = parts;
  const server = createHttpServer(listener.tls, { door: DOOR, trustedProxies, observer, bodyTypes: 'empty' });
  server.register(resourceMetadata(resources));
  const connections = watchConnections(server, DOOR, listener, observer);
  const address = await listen(server, DOOR, listener);
  const renewTls = tlsRenewal(listener.tls, [server.server]);
  return {
    address,
    reconfigure: (next: Pick<Listener, 'tls' | 'maxConnections'>) => {
      renewTls(next.tls);
      connections.reconfigure(next);
    },
    close: (limitMs: number) => shutDown(server, connections, limitMs),
  };
}
