import type { FastifyRequest } from 'fastify';
import type { AccessRequest, Door } from '../../core/request.ts';
import type { Correlation } from '../correlation.ts';
import { readCorrelation } from '../correlation.ts';

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
    ...correlationOf(request),
  };
}

/** Returns the request id and the trace of a call. Node has joined several fields of these names by commas. */
export function correlationOf({ headers }: Pick<FastifyRequest, 'headers'>): Correlation {
  return readCorrelation((name) => [headers[name] ?? []].flat());
}
