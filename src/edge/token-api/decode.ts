import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { AccessRequest } from '../../core/request.ts';
import type { FieldError, TokenRequest } from '../../tokens/issue-token.ts';

/** The question that a call to the token service puts to the authorizer before anything else is read. */
export function decodeAccess(request: FastifyRequest): AccessRequest {
  const { headers } = request;
  return {
    door: 'tokens',
    method: request.method,
    host: request.host,
    path: request.raw.url ?? '',
    authorization: authorizationOf(request),
    fromBrowser: Object.keys(headers).some((name) => name === 'origin' || name.startsWith('sec-fetch-')),
  };
}

/** Every Authorization field, joined: Node's own `headers` keeps the first and drops the rest. */
function authorizationOf(request: FastifyRequest): string | undefined {
  return request.raw.headersDistinct['authorization']?.join(',');
}

const tokenRequest = z.strictObject(
  {
    ttl: z.int('a whole number of seconds').min(1, 'at least 1 second').optional(),
    scopes: z
      .array(z.string('a scope is a string'), 'a list of scopes')
      .min(1, 'at least one scope')
      .max(100, 'at most 100 scopes'),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? 'a JSON object' : undefined) },
);

/** The body of `POST /3rdparty/v1/auth/token`, or every field's problem. */
export function decodeTokenRequest(body: unknown): TokenRequest | readonly FieldError[] {
  const parsed = tokenRequest.safeParse(body);
  if (!parsed.success) return parsed.error.issues.map(fieldError);
  return { ttlSeconds: parsed.data.ttl, scopes: parsed.data.scopes };
}

function fieldError(issue: z.core.$ZodIssue): FieldError {
  const field = issue.path.reduce<string>(
    (path, key) => (typeof key === 'number' ? `${path}[${key}]` : path === '' ? String(key) : `${path}.${String(key)}`),
    '',
  );
  if (issue.code === 'unrecognized_keys') return { field: issue.keys.join(', '), message: 'not a field of this call' };
  return { field, message: issue.message };
}
