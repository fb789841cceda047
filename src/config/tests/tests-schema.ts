import * as z from 'zod';
import { TOKEN_USES } from '../../core/credential/verified-credential.ts';
import { REASONS } from '../../core/reason.ts';
import { HMAC_ALGORITHMS, PUBLIC_KEY_ALGORITHMS } from '../issuer-config.ts';
import { distinct, EMPTY, expected, parsed, text } from '../reading/shape.ts';
import { instant, parseDuration } from '../reading/times.ts';

/** The algorithms that a test can sign with. */
export const TEST_ALGORITHMS = [...HMAC_ALGORITHMS, ...PUBLIC_KEY_ALGORITHMS] as const;

const span = parsed('a duration such as 5m, or -5m for one that has passed', (written) => {
  const isPast = written.startsWith('-');
  const ms = parseDuration(isPast ? written.slice(1) : written);
  return ms === undefined ? undefined : (isPast ? -ms : ms) / 1000;
}).meta({ pattern: '^-?(0|[1-9][0-9]{0,8})(ms|s|m|h|d)$' });

const scopes = z.array(text('a scope'), { error: expected('a list of scopes') });
const revoked = z.boolean().optional().describe('Whether the token is revoked before it is presented');

/** A token that the test signs. */
export const signedSchema = z.strictObject({
  issuer: text('the name of an issuer').describe(
    'The name of an issuer in the configuration: the test signs a token with a key of its own, which counts as that of the issuer',
  ),
  subject: text('a subject').optional().describe('sub; by default requireSubject of the issuer, or `test`'),
  scopes: scopes.optional().describe('The scopes of the token, in the claim that the issuer uses'),
  claims: z
    .record(z.string(), z.json(), { error: expected('a map of claims') })
    .optional()
    .describe('Further claims, which replace those that the test makes; null leaves a claim out'),
  use: z
    .enum(TOKEN_USES)
    .exclude(['refresh'])
    .optional()
    .describe('token_use of a token of our own issuer; access by default'),
  expiresIn: span.optional().describe('When it expires, from now on; 5m by default, -5m: it has expired'),
  algorithm: z
    .enum(TEST_ALGORITHMS)
    .optional()
    .describe('The algorithm; by default the first one that the issuer may use'),
  type: text('a type such as at+jwt')
    .optional()
    .describe('typ in the header; by default at+jwt of our own issuer, JWT of others'),
  forged: z.boolean().optional().describe('Whether another key signs it than one of the issuer'),
  revoked,
});

/** A token in a file. */
export const fileTokenSchema = z.strictObject({
  token: z
    .strictObject({
      file: text('a path').describe('The file with the token, relative to this file'),
      issuer: text('the name of an issuer')
        .optional()
        .describe('Sign its claims anew, as this issuer would; by default it is presented as it is'),
    })
    .describe('A token in a file. No message holds it'),
  revoked,
});

/** A name and a password. */
export const basicSchema = z.strictObject({
  basic: z
    .strictObject({
      scopes: scopes.optional().describe('The scopes of the account; none by default'),
      account: text('a name')
        .optional()
        .describe('The id of the account, which upstreams receive as the subject; `test` by default'),
      password: z.enum(['right', 'wrong']).optional().describe('Whether the password is right; right by default'),
      disabled: z.boolean().optional().describe('Whether the account is disabled'),
    })
    .describe('A name and a password of an account that exists in this case only'),
});

const headerValue = z.string({ error: expected('a value in quotes') });

const headers = z
  .record(
    z.string(),
    z.union([headerValue, z.array(headerValue).min(1, { error: EMPTY })], {
      error: expected('a value, or a list of values'),
    }),
    { error: expected('a map of header fields') },
  )
  .describe(
    'Header fields that matter to the decision, such as origin, sec-fetch-mode, mcp-method; a list for one that is sent several times',
  );

/** What a case expects; only what it names is compared. */
export const expectSchema = z.strictObject({
  outcome: z
    .enum(['allow', 'deny'])
    .optional()
    .describe('By default deny if there is a reason or a status, otherwise allow'),
  reason: z.enum(REASONS).optional().describe('Why it is denied, or would be without shadow mode'),
  status: z
    .int({ error: expected('a status such as 403') })
    .optional()
    .describe('The HTTP status of the denial'),
  check: text('a check such as aud')
    .optional()
    .describe('The check that failed, as `sallyport explain` and the log name it'),
  scope: z
    .union([text('a scope'), distinct(text('a scope'), 'a list of scopes')], {
      error: expected('a scope or a list of scopes'),
    })
    .optional()
    .describe('The scopes that the denial asks for'),
  route: text('a path pattern').optional().describe('The path pattern of the route that matches, or `none`'),
  shadow: z.boolean().optional().describe('Whether the request passes in shadow mode only'),
  identity: z
    .record(z.string(), z.string({ error: expected('a value in quotes, or null') }).nullable(), {
      error: expected('a map of header fields'),
    })
    .optional()
    .describe('Header fields that the upstream receives from Sallyport; null: it does not receive this one'),
});

const credential = z
  .union([z.literal('none'), signedSchema, fileTokenSchema, basicSchema])
  .optional()
  .describe('The credential of the request; none by default');

const moment = instant().optional();

/** What a policy decision point may answer in a case. */
export const TEST_RULINGS = ['allow', 'deny', 'unavailable'] as const;

/** The schema of a case, except its credential, whose kind decides about its schema. */
export const caseSchema = z.strictObject({
  name: text('a name').optional().describe('What the case shows, for messages and --filter'),
  method: text('a method').describe('The method of the request'),
  host: text('a host').optional().describe('The host of the request, with its port if there is one; none by default'),
  path: text('a path').describe('The path of the request, with its query'),
  headers: headers.optional(),
  now: moment.describe('The time of the request; by default that of the file'),
  credential,
  decisionPoints: z
    .record(z.string(), z.enum(TEST_RULINGS), { error: expected('a map such as { opa: allow }') })
    .optional()
    .describe('What each policy decision point answers; one that is left out is unavailable'),
  expect: expectSchema.describe('What Sallyport must decide'),
});

/** The schema of a file with test cases. */
export const testsSchema = z.strictObject({
  version: z.literal(1, { error: expected('1') }).describe('The version of this format: 1'),
  now: moment.describe('The time of every request; by default the present time'),
  cases: z
    .array(caseSchema, { error: expected('a list of cases') })
    .min(1, { error: EMPTY })
    .describe('The requests, each with what Sallyport must decide'),
});
