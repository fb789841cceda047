import type { FastifyRequest } from 'fastify';
import type * as z from 'zod';
import type { FieldError } from '../../core/answer.ts';
import type { AccessRequest } from '../../core/request.ts';
import { parseForm } from '../../lib/utf8.ts';

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
    client: () => request.client,
  };
}

/** Every Authorization field, joined: Node's own `headers` keeps the first and drops the rest. */
function authorizationOf(request: FastifyRequest): string | undefined {
  return request.raw.headersDistinct['authorization']?.join(',');
}

/** A body that is what its call takes, or every field's problem. */
export type DecodedBody<Body> =
  | { readonly ok: true; readonly body: Body }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

export function decodeBody<Body>(schema: z.ZodType<Body>, body: unknown): DecodedBody<Body> {
  const parsed = schema.safeParse(body, { error: (issue) => (isOfNoObject(issue) ? 'a JSON object' : undefined) });
  return parsed.success
    ? { ok: true, body: parsed.data }
    : { ok: false, errors: parsed.error.issues.map((issue) => fieldError(issue)) };
}

function isOfNoObject({ code, path }: z.core.$ZodRawIssue): boolean {
  return code === 'invalid_type' && (path ?? []).length === 0;
}

function fieldError(issue: z.core.$ZodIssue): FieldError {
  const field = issue.path.reduce<string>(
    (path, key) => (typeof key === 'number' ? `${path}[${key}]` : path === '' ? String(key) : `${path}.${String(key)}`),
    '',
  );
  if (issue.code === 'unrecognized_keys') return { field: issue.keys.join(', '), message: 'not a field of this call' };
  return { field, message: issue.message };
}

/**
 * The parameters behind the question mark, or what is wrong with them.
 *
 * @param known names that the call looks at; `undefined` where it does not mind others, and where one stands twice the
 * first counts.
 */
export function decodeQuery(
  request: FastifyRequest,
  known: readonly string[] | undefined,
): DecodedBody<Readonly<Record<string, string>>> {
  const url = request.raw.url ?? '';
  const mark = url.indexOf('?');
  const parameters = parseForm(mark < 0 ? '' : url.slice(mark + 1));
  if (parameters === undefined) return { ok: false, errors: [{ field: '', message: 'the query is not UTF-8 text' }] };
  const sent = [...parameters];
  const names = sent.map(([name]) => name);
  const errors = [...new Set(known === undefined ? [] : names)].flatMap((field) => {
    if (known?.includes(field) !== true) return [{ field, message: 'not a parameter of this call' }];
    return names.indexOf(field) === names.lastIndexOf(field) ? [] : [{ field, message: 'stands there twice' }];
  });
  return errors.length > 0 ? { ok: false, errors } : { ok: true, body: Object.fromEntries(sent.toReversed()) };
}
