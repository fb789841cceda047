import * as z from 'zod';
import { METHOD } from '../../../core/method.ts';
import { quote } from '../../../lib/wording.ts';
import { boundSchema } from '../../reading/bound.ts';
import { distinct, expected, text } from '../../reading/shape.ts';
import { routeCorsSchema } from '../cors/cors-schema.ts';
import { patternProblem } from '../patterns.ts';
import { mcpSchema } from '../resources/mcp-schema.ts';
import { credentialPlacesSchema } from './credential-places-schema.ts';
import { whereSchema } from './where-schema.ts';

/** The longest name of a host (RFC 1035, section 2.3.4). */
const MAX_HOST = 253;
const HOST = /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

const method = text('a method', methodProblem).meta({ pattern: METHOD.source });
const oneMethod = text("a method, or several as 'methods'", methodProblem).meta({ pattern: METHOD.source });
const scope = text('a scope');
const yes = z.literal(true, { error: ({ input }) => `${expected('true')({ input })}: leave the key out instead` });

/** A route has exactly one of these keys. */
export const REQUIREMENTS = ['scope', 'anyOf', 'allOf', 'authenticated', 'public'] as const;

/** The schema of a route. */
export const routeSchema = z
  .strictObject({
    path: text('a path such as /v1/messages/{id}', patternProblem).describe(
      'Path pattern: literal segments without percent-encoding, {name} for one segment, ** at the end for any number, including none',
    ),
    method: oneMethod
      .optional()
      .describe('The method; GET covers HEAD. By default, every method that no other route lists'),
    methods: distinct(method, 'a list of methods').optional().describe('Several methods, in place of `method`'),
    hosts: distinct(text('a host name', hostProblem), 'a list of host names')
      .optional()
      .describe('Lower-case host names, or *.name; every host by default'),
    scope: scope.optional().describe('The required scope'),
    anyOf: distinct(scope, 'a list of scopes').optional().describe('Scopes of which at least one is required'),
    allOf: distinct(scope, 'a list of scopes').optional().describe('Scopes that are all required'),
    authenticated: yes.optional().describe('Any valid credential, whatever its scopes'),
    public: yes.optional().describe('No authentication: credentials pass through, and identity headers are removed'),
    issuers: distinct(text('the name of an issuer'), 'a list of issuers')
      .optional()
      .describe('Names of the issuers whose tokens are accepted; all by default'),
    basic: z.boolean().optional().describe('Whether Basic credentials are accepted; basic.routes by default'),
    credentials: credentialPlacesSchema.optional(),
    resource: text('the name of a resource')
      .optional()
      .describe('The resource that it belongs to: tokens must have its audience, and challenges name its metadata'),
    where: whereSchema
      .optional()
      .describe(
        'What claims of the token must be, besides the scopes. A value may hold {path.name}, a parameter of the path',
      ),
    mcp: mcpSchema
      .optional()
      .describe('For a route at an MCP server: what a call of each tool requires besides the scopes of the route'),
    bound: boundSchema
      .optional()
      .describe(
        "Accept only tokens that are bound to their client: to its certificate (mtls), to a key of it (dpop), or to either (any). By default, a bound token needs its proof, and a bearer's token none",
      ),
    cors: routeCorsSchema
      .optional()
      .describe(
        'What pages of other origins may do here: only what differs from `cors` for all routes; false for nothing',
      ),
    shadow: z
      .boolean()
      .prefault(false)
      .describe('Shadow mode: denials are recorded, and every request passes without identity'),
  })
  .meta({ oneOf: REQUIREMENTS.map((key) => ({ required: [key] })), not: { required: ['method', 'methods'] } });

/** A route, as written. */
export type WrittenRoute = z.output<typeof routeSchema>;

function methodProblem(written: string): string | undefined {
  if (METHOD.test(written)) return undefined;
  const upper = written.toUpperCase();
  return METHOD.test(upper)
    ? `methods are upper case: write ${quote(upper)}`
    : `expected a method such as 'GET', found ${quote(written)}`;
}

/** Returns what is wrong with a host name, or `undefined`. */
export function hostProblem(written: string): string | undefined {
  if (written.length > MAX_HOST) return `a host name has at most ${MAX_HOST} characters`;
  if (HOST.test(written)) return undefined;
  if (HOST.test(written.toLowerCase())) return `host names are lower case: write ${quote(written.toLowerCase())}`;
  if (/:[0-9]*$/.test(written)) return `write a host without its port, found ${quote(written)}`;
  return `expected a host name such as 'api.example.com' or '*.example.com', found ${quote(written)}`;
}
