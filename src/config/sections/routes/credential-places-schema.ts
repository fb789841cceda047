import * as z from 'zod';
import { quote } from '../../../lib/wording.ts';
import { distinct, expected, text } from '../../reading/shape.ts';
import { headerProblem } from '../identity/headers.ts';

/** A cookie's name is a token (RFC 6265, section 4.1.1). */
const COOKIE_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Names that nothing encodes. */
const PARAMETER_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?$/;
/** Fields with a meaning of their own to gateways, browsers or Sallyport, besides those that carry no identity either. */
const TAKEN =
  /^(?:accept(?:-.*)?|origin|referer|user-agent|via|sec-.*|x-forwarded-.*|x-real-ip|x-request-id|x-envoy-.*)$/;
const TAKEN_BY_TRACING = /^(?:traceparent|tracestate|baggage|dpop|mcp-.*)$/;

const PLACE =
  "'authorization', 'websocketProtocol', { header: NAME }, { cookie: NAME } or { query: NAME }, as a place for a credential";

const NAMED = ['authorization', 'websocketProtocol'] as const;

/** First a string, so that a map with a fault is not taken for one. */
const namedPlace = z
  .string({ error: `expected ${PLACE}` })
  .pipe(z.enum(NAMED))
  .meta({ enum: [...NAMED] });

const headerPlace = z.strictObject({
  header: text('the name of a header field', fieldProblem).describe(
    'A header field, in lower case, with the token alone',
  ),
  scheme: z
    .literal('Bearer', { error: "expected 'Bearer': without scheme the value is the token alone" })
    .optional()
    .describe('The value is `Bearer <token>`'),
});

const cookiePlace = z.strictObject({
  cookie: text('the name of a cookie', (name) =>
    COOKIE_NAME.test(name) ? undefined : `${quote(name)} is not the name of a cookie`,
  ).describe('A cookie, by its exact name, with the token alone; best with the prefix __Host-'),
  origins: distinct(text('an origin such as https://app.example.com', originProblem), 'a list of origins')
    .optional()
    .describe("Origins besides the request's own whose pages may use the cookie"),
});

const queryPlace = z.strictObject({
  query: text('the name of a query parameter', parameterProblem).describe(
    'A query parameter, which Envoy removes from the request',
  ),
});

/** The schema of the places in which a route reads credentials. */
export const credentialPlacesSchema = z
  .array(
    z.union([namedPlace, headerPlace, cookiePlace, queryPlace], {
      error: `expected ${PLACE}`,
    }),
    { error: expected('a list of places such as [authorization, { cookie: __Host-session }]') },
  )
  .min(1, { error: 'must not be empty' })
  .describe('Where credentials are read; `[authorization]` by default');

/** The places, as written. */
export type WrittenPlaces = z.output<typeof credentialPlacesSchema>;

function fieldProblem(name: string): string | undefined {
  if (name === 'authorization' || name === 'cookie') {
    return `write ${name === 'cookie' ? '{ cookie: NAME }' : 'authorization'} as a place of its own`;
  }
  if (name === 'sec-websocket-protocol') return 'write websocketProtocol as a place of its own';
  const problem = headerProblem(name);
  if (problem !== undefined)
    return problem.replace('carry identity', 'hold a credential').replace('x-auth-subject', 'x-api-key');
  return TAKEN.test(name) || TAKEN_BY_TRACING.test(name)
    ? `${quote(name)} has another meaning and cannot hold a credential`
    : undefined;
}

function parameterProblem(name: string): string | undefined {
  return PARAMETER_NAME.test(name)
    ? undefined
    : `expected letters, digits, '_' and '-' inside, such as access_token, found ${quote(name)}`;
}

function originProblem(written: string): string | undefined {
  const origin = URL.canParse(written) ? new URL(written).origin : undefined;
  if (origin === written && /^https?:/.test(written)) return undefined;
  const near = origin === undefined || origin === 'null' ? '' : `: write ${quote(origin)}`;
  return `expected an origin as browsers send it, such as 'https://app.example.com', found ${quote(written)}${near}`;
}
