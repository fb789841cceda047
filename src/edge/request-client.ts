import type { FastifyInstance } from 'fastify';
import type { ClientAddresses } from './client-address.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The client's address, as far as trusted proxies tell it; empty where the peer has none (a Unix socket). */
    client: string;
  }
}

/** Finds out each request's client before anything else happens to it. */
export function noteClients(server: FastifyInstance, addresses: ClientAddresses): void {
  server.decorateRequest('client', '');
  server.addHook('onRequest', async (request) => {
    const forwardedFor = request.headers['x-forwarded-for'];
    request.client =
      addresses.read(request.socket.remoteAddress, [forwardedFor ?? []].flat().join(',') || undefined) ?? '';
  });
}
