import { writeFileSync } from 'node:fs';
import * as z from 'zod';
import { statusOf } from '../../core/answer.ts';
import type { Reason } from '../../core/reason.ts';
import type { ProblemCode } from '../http/problems.ts';
import { PROBLEMS } from '../http/problems.ts';
import { PROBLEM_TYPE } from '../http/refusal.ts';
import type { AnyCall, CallerRule } from './call.ts';
import { FORM, ignoresUnknown, isOfOauth } from './call.ts';
import { CALLS } from './calls.ts';

/** The published copy of the description. */
export const OPENAPI_FILE = new URL('../../../docs/openapi.json', import.meta.url);

/** The RFC 9457 document with which every error except OAuth's is reported. */
const problem = z
  .strictObject({
    type: z.string().describe('urn:sallyport:problem: followed by the code'),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('The reason, one of a closed list'),
    detail: z.string(),
    message: z.string().describe('The same as detail, for clients of older systems'),
    errors: z
      .array(z.strictObject({ field: z.string(), message: z.string() }))
      .optional()
      .describe('The invalid fields'),
  })
  .describe('What went wrong');

/** The error format of RFC 6749, section 5.2, with our own code. */
const oauthError = z
  .strictObject({
    error: z.string(),
    error_description: z.string(),
    code: z.string().describe('The reason, one of a closed list'),
  })
  .describe('What went wrong, in the format of OAuth');

/** Returns the OpenAPI 3.1 description of the token service, built from the schemas that validate its calls. */
export function openApi(): string {
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Sallyport token service',
      version: '1',
      description: 'Tokens and their revocation. Times are RFC 3339 in UTC; durations are whole seconds.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The server of this description' }],
    paths: paths(),
    components: {
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic', description: "An account's name and password" },
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A token that Sallyport issued' },
      },
      schemas: { Problem: schemaOf(problem, 'output'), OauthError: schemaOf(oauthError, 'output') },
    },
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function paths(): Record<string, Record<string, object>> {
  const all: Record<string, Record<string, object>> = {};
  for (const call of CALLS) {
    const path = call.url.replace(/:(\w+)/g, '{$1}');
    all[path] = { ...all[path], [call.method.toLowerCase()]: operationOf(call) };
  }
  return all;
}

function operationOf(call: AnyCall): object {
  const parameters = [
    ...[...call.url.matchAll(/:(\w+)/g)].map(([, name]) =>
      parameter(name ?? '', 'path', z.string().describe('The id')),
    ),
    ...(call.newId === undefined ? [] : [IDEMPOTENCY_KEY]),
    ...Object.entries(call.fields ?? {}).map(([name, schema]) => parameter(name, 'header', schema)),
    ...Object.entries(call.query ?? {}).map(([name, schema]) => parameter(name, 'query', schema)),
  ];
  return {
    operationId: call.operation,
    summary: call.summary,
    security: securityOf(call.admission),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(call.body === undefined ? {} : { requestBody: bodyOf(call.describedBody ?? call.body, call.bodyType) }),
    responses: responsesOf(call),
  };
}

function parameter(name: string, place: 'path' | 'query' | 'header', schema: z.ZodType): object {
  return { name, in: place, required: place !== 'query', schema: schemaOf(schema, 'input') };
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Chosen by the client, a new one for each thing that it creates. Within 24 hours, the same request with the same key creates nothing more and has the same response',
  schema: { type: 'string', examples: ['"8e03978e-40d5-43dd-bc93-6894a57f9324"'] },
};

function securityOf(admission: CallerRule | undefined): object[] {
  if (admission === undefined) return [];
  return admission.basic ? [{ bearer: [] }, { basic: [] }] : [{ bearer: [] }];
}

function bodyOf(body: z.ZodType, bodyType: AnyCall['bodyType']): object {
  const type = bodyType === FORM ? FORM : 'application/json';
  return { required: !body.safeParse(undefined).success, content: { [type]: { schema: schemaOf(body, 'input') } } };
}

function responsesOf(call: AnyCall): Record<string, object> {
  const responses: Record<string, object> = {};
  for (const { status, description, content } of call.success) {
    const json = content && { content: { 'application/json': { schema: schemaOf(content, 'output') } } };
    responses[status] = { description, ...json };
  }
  const byStatus = Map.groupBy(codesOf(call), ({ status }) => String(status));
  for (const [status, codes] of byStatus)
    responses[status] = failureOf(
      call,
      codes.map(({ code }) => code),
    );
  return responses;
}

function failureOf(call: AnyCall, codes: readonly string[]): object {
  const [type, name] = isOfOauth(call) ? ['application/json', 'OauthError'] : [PROBLEM_TYPE, 'Problem'];
  return {
    description: codes.join(', '),
    content: { [type]: { schema: { $ref: `#/components/schemas/${name}` } } },
  };
}

/** Returns every error code of a call with its status. */
function codesOf(call: AnyCall): readonly { readonly code: string; readonly status: number }[] {
  const problems: ProblemCode[] = [
    ...new Set([...call.problems, ...(ignoresUnknown(call) ? [] : (['invalid_query'] as const))]),
    ...(call.body ? BODY_PROBLEMS : []),
    ...(call.newId ? KEY_PROBLEMS : []),
  ];
  const reasons = new Set<Reason>([...reasonsOf(call.admission), ...(call.denials ?? []), ...ALWAYS]);
  return [
    ...problems.map((code) => ({ code, status: PROBLEMS[code].status })),
    ...[...reasons].map((code) => ({ code, status: statusOf(code) })),
  ];
}

const BODY_PROBLEMS = ['invalid_body', 'too_large', 'unsupported_media_type'] as const;
const KEY_PROBLEMS = ['invalid_idempotency_key', 'request_in_progress', 'idempotency_key_reused'] as const;
const ALWAYS = ['path_rejected', 'unavailable'] as const;
const OF_BEARER = [
  'invalid_request',
  'credentials_required',
  'token_invalid',
  'token_expired',
  'token_revoked',
] as const;

function reasonsOf(admission: CallerRule | undefined): readonly Reason[] {
  if (admission === undefined) return [];
  return [
    ...OF_BEARER,
    ...(admission.basic ? (['credentials_invalid', 'too_many_attempts'] as const) : []),
    ...(admission.scopes.length > 0 ? (['scope_required'] as const) : []),
  ];
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _draft, ...rest } = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema }) => simplify(jsonSchema),
  });
  return rest;
}

/** Removes the pattern of a date-time: the format says the same and is easier to read. */
function simplify(schema: { format?: string | undefined; pattern?: string }): void {
  if (schema.format === 'date-time') delete schema.pattern;
}

if (import.meta.main && process.argv.includes('--write')) writeFileSync(OPENAPI_FILE, openApi());
