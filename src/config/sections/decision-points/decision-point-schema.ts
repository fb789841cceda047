import * as z from 'zod';
import { keyUrlProblem } from '../../key-url.ts';
import { claimPath } from '../../reading/claim-path.ts';
import { distinct, text } from '../../reading/shape.ts';
import { milliseconds } from '../../reading/times.ts';
import { serverAccess } from '../issuers/key-server.ts';

/** The name of a decision point, such as `opa`. */
const NAME = /^[a-z0-9-]{1,63}$/;

const WHAT = 'a policy decision point';

/** No message quotes the URL: it may contain a password. */
const url = z
  .string({ error: `expected the https URL of ${WHAT}` })
  .check((ctx) => {
    const fragment = ctx.value.includes('#') ? 'the URL must not have a fragment' : undefined;
    const message = keyUrlProblem(ctx.value, WHAT) ?? fragment;
    if (message !== undefined) ctx.issues.push({ code: 'custom', input: ctx.value, message });
  })
  .transform((written) => new URL(written));

/** The schema of a policy decision point. */
export const decisionPointSchema = z.strictObject({
  url: url.describe('https URL of its evaluation endpoint, such as https://pdp.example.com/access/v1/evaluation'),
  ...serverAccess,
  timeout: milliseconds('1ms', '60s')
    .optional()
    .describe('Longest wait for its answer, at most timeouts.decision; 50ms, or timeouts.decision if that is less'),
  cache: milliseconds('0s', '60s')
    .prefault('0s')
    .describe(
      'How long an answer holds for the same token and the same question, at most revocation.maxStaleness. 0s: it is asked at each decision',
    ),
  claims: distinct(claimPath, 'a list of claims')
    .optional()
    .describe('The claims of the caller that it is told; none by default'),
  subjectType: text('a type of subjects').prefault('user').describe('The type of the subject in each question'),
});

/** The schema of `decisionPoints`. */
export const decisionPointsSchema = z.record(z.string().regex(NAME), decisionPointSchema).prefault({});

/** A decision point, as written. */
export type WrittenDecisionPoint = z.output<typeof decisionPointSchema>;
