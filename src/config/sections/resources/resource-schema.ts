import * as z from 'zod';
import { describe } from '../../../lib/wording.ts';
import { keyUrlProblem } from '../../key-url.ts';
import { distinct, expected, text } from '../../reading/shape.ts';
import { issuerUrl } from '../issuers/key-url-schema.ts';

const NAME = /^[a-z0-9-]{1,63}$/;
const RESOURCE = 'the resource';

/** The schema of a protected resource. */
export const resourceSchema = z.strictObject({
  name: text('a name', (written) =>
    NAME.test(written) ? undefined : `expected 1 to 63 of a-z, 0-9 and '-', found ${describe(written)}`,
  )
    .meta({ pattern: NAME.source })
    .describe('The name by which routes refer to it: a-z, 0-9 and -, unique'),
  url: z
    .string({ error: 'expected the https URL of the resource' })
    .check((ctx) => {
      const message = resourceUrlProblem(ctx.value);
      if (message !== undefined) ctx.issues.push({ code: 'custom', input: ctx.value, message });
    })
    .describe('Its https URL, as clients use it; http on loopback only'),
  audience: z
    .union([text('an audience'), distinct(text('an audience'), 'a list of audiences')], {
      error: expected('an audience, or a list of audiences'),
    })
    .transform((written) => (typeof written === 'string' ? [written] : written))
    .optional()
    .describe('`aud` of a token must contain one of these on its routes; by default, `url`'),
  authorizationServers: distinct(issuerUrl, 'a list of issuer identifiers').describe(
    'Issuer identifiers (`iss`) of the servers that issue tokens for it',
  ),
  scopes: distinct(text('a scope'), 'a list of scopes')
    .optional()
    .describe('Scopes that a client needs for the basic functions; named in the metadata'),
  documentation: z
    .string({ error: 'expected an https URL' })
    .check((ctx) => {
      const message = keyUrlProblem(ctx.value, 'the documentation');
      if (message !== undefined) ctx.issues.push({ code: 'custom', input: ctx.value, message });
    })
    .optional()
    .describe('URL of a page for developers; named in the metadata'),
  title: text('a string').optional().describe('Its name for people; named in the metadata'),
});

/** A resource, as written. */
export type WrittenResource = z.output<typeof resourceSchema>;

/** RFC 9728, section 1.2: https, without a fragment. No query, because section 1.2 advises against it. */
function resourceUrlProblem(written: string): string | undefined {
  const problem = keyUrlProblem(written, RESOURCE);
  if (problem !== undefined) return problem;
  if (/[?#]/.test(written)) return 'the URL of a resource must not have a query or fragment';
  const { href, origin, pathname } = new URL(written);
  // Clients compare it to the byte with the URL that they use, in its normal form.
  if (written === href || (pathname === '/' && written === origin)) return undefined;
  return `write the URL in its normal form: ${pathname === '/' ? origin : href}`;
}
