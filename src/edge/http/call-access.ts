import type { FastifyRequest } from 'fastify';
import type { AccessRequest, Door } from '../../core/request.ts';

/** Returns a call of an HTTP door as the access request by which the authorizer admits its caller. Reads no body. */
export function callAccess(request: FastifyRequest, door: Door): AccessRequest {
  const { headers } = request;
  return {
    door,
    method: request.method,
    host: request.host,
    path: request.raw.url ?? '',
    // All Authorization fields, joined. Node's own `headers` keeps only the first one.
    authorization: request.raw.headersDistinct['authorization']?.join(','),
    fromBrowser: Object.keys(headers).some((name) => name === 'origin' || name.startsWith('sec-fetch-')),
    client: () => request.client,
  };
}
