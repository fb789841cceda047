import type { FastifyRequest } from 'fastify';
import type * as z from 'zod';
import type { FieldError } from '../../core/answer.ts';
import { parseForm } from '../../lib/utf8.ts';

/** A valid body, or the errors of its fields. */
export type DecodedBody<Body> =
  | { readonly ok: true; readonly body: Body }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

export function decodeBody<Body>(schema: z.ZodType<Body>, body: unknown): DecodedBody<Body> {
  const parsed = schema.safeParse(body, {
    error: (issue) => (isOfNoObject(issue) ? 'the body must be a JSON object' : undefined),
  });
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
  if (issue.code === 'unrecognized_keys')
    return { field: issue.keys.join(', '), message: 'is not a field of this call' };
  return { field, message: issue.message };
}

/**
 * Reads the query parameters.
 *
 * @param known the names that the call reads; other names, and names that are sent twice, are refused. With `undefined`
 * any name is accepted, and of one that is sent twice the first value is used.
 */
export function decodeQuery(
  request: FastifyRequest,
  known: readonly string[] | undefined,
): DecodedBody<Readonly<Record<string, string>>> {
  const url = request.raw.url ?? '';
  const mark = url.indexOf('?');
  const parameters = parseForm(mark < 0 ? '' : url.slice(mark + 1));
  if (parameters === undefined) return { ok: false, errors: [{ field: '', message: 'the query is not valid UTF-8' }] };
  const sent = [...parameters];
  const names = sent.map(([name]) => name);
  const errors = [...new Set(known === undefined ? [] : names)].flatMap((field) => {
    if (known?.includes(field) !== true) return [{ field, message: 'is not a parameter of this call' }];
    return names.indexOf(field) === names.lastIndexOf(field) ? [] : [{ field, message: 'must be given only once' }];
  });
  return errors.length > 0 ? { ok: false, errors } : { ok: true, body: Object.fromEntries(sent.toReversed()) };
}
