import * as z from 'zod';
import { METHOD } from '../../core/method.ts';
import { quote } from '../../lib/wording.ts';
import { distinct, expected, text } from '../reading/shape.ts';
import { patternProblem } from './patterns.ts';

const HOST = /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

const method = text('a method', methodProblem).meta({ pattern: METHOD.source });
const oneMethod = text("a method, or several as 'methods'", methodProblem).meta({ pattern: METHOD.source });
const scope = text('a scope');
const yes = z.literal(true, { error: ({ input }) => `${expected('true')({ input })}: leave the key out instead` });

/** The keys of which a route has exactly one. */
export const REQUIREMENTS = ['scope', 'anyOf', 'allOf', 'authenticated', 'public'] as const;

/** One rule of the route map, as written. */
export const routeSchema = z
  .strictObject({
    path: text('a path such as /v1/messages/{id}', patternProblem).describe(
      'Path pattern: literal segments, written readable and not percent-encoded, {name} for one segment, ** at the end for any number, also none',
    ),
    method: oneMethod.optional().describe('The one method; GET covers HEAD. All others by default'),
    methods: distinct(method, 'a list of methods').optional().describe('Several methods, instead of `method`'),
    hosts: distinct(text('a host name', hostProblem), 'a list of host names')
      .optional()
      .describe('Lower-case host names, or *.name; every host by default'),
    scope: scope.optional().describe('The scope that the credential must carry'),
    anyOf: distinct(scope, 'a list of scopes').optional().describe('Scopes of which one is enough'),
    allOf: distinct(scope, 'a list of scopes').optional().describe('Scopes that must all be there'),
    authenticated: yes.optional().describe('Any valid credential, whatever its scopes'),
    public: yes.optional().describe('Nobody is authenticated: credentials pass through, identity headers are stripped'),
    issuers: distinct(text('the name of an issuer'), 'a list of issuers')
      .optional()
      .describe('Names of the issuers whose tokens are taken; all by default'),
    basic: z.boolean().optional().describe('Whether Basic credentials are taken; as basic.routes says by default'),
    shadow: z.boolean().prefault(false).describe('Decides and records, and lets pass without identity'),
  })
  .meta({ oneOf: REQUIREMENTS.map((key) => ({ required: [key] })), not: { required: ['method', 'methods'] } });

/** A route as the file says it. */
export type WrittenRoute = z.output<typeof routeSchema>;

function methodProblem(written: string): string | undefined {
  if (METHOD.test(written)) return undefined;
  const upper = written.toUpperCase();
  return METHOD.test(upper)
    ? `methods are upper case: ${quote(upper)}`
    : `expected a method such as 'GET', found ${quote(written)}`;
}

/** What is wrong with the name of a host, if anything. */
export function hostProblem(written: string): string | undefined {
  if (HOST.test(written)) return undefined;
  if (HOST.test(written.toLowerCase())) return `host names are lower case: ${quote(written.toLowerCase())}`;
  if (/:[0-9]*$/.test(written)) return `a host is written without its port, found ${quote(written)}`;
  return `expected a host name such as 'api.example.com' or '*.example.com', found ${quote(written)}`;
}
