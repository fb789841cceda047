import { createHash } from 'node:crypto';
import * as z from 'zod';
import { deny } from '../../../core/decision.ts';
import { decodeUtf8, parseJson } from '../../../lib/utf8.ts';
import { failed } from '../../http/problems.ts';
import type { Call, CallInput, Outcome } from '../call.ts';
import { done } from '../call.ts';
import { decodeBody } from '../decode.ts';

/** The most reports in one message. */
const MAX_REPORTS = 1_000;
const MAX_BODY_BYTES = 1024 * 1024;
const OFF = failed('not_found', 'this instance takes no reports of leaks');

const report = z.object({
  token: z.string('must be a string').min(1, 'must not be empty'),
  type: z.string('must be a string').max(200, 'must have at most 200 characters'),
  url: z.string('must be a string').nullish().describe('Where it was found; may be empty'),
  source: z.string('must be a string').nullish().describe('The kind of place where it was found'),
});

const reports = z
  .array(report, 'must be a list of reports')
  .min(1, 'must have at least one report')
  .max(MAX_REPORTS, `must have at most ${MAX_REPORTS} reports`);

const answers = z.array(
  z.strictObject({
    token_hash: z.string().describe('The SHA-256 of the token in hexadecimal digits'),
    token_type: z.string(),
    label: z.enum(['true_positive', 'false_positive']).describe('Whether it was a token of ours, which is now revoked'),
  }),
);

/** The signature covers the bytes, so they arrive unread. */
const bytes = z.custom<Buffer>((body) => Buffer.isBuffer(body), 'must be a list of reports');

export const reportLeaks: Call<Buffer> = {
  method: 'POST',
  url: '/v1/leaks',
  operation: 'reportLeaks',
  summary:
    'Report leaked tokens of ours, which are revoked at once; signed as by the partners of GitHub secret scanning',
  admission: undefined,
  body: bytes,
  bodyType: 'signed',
  describedBody: reports,
  maxBodyBytes: MAX_BODY_BYTES,
  fields: {
    'Github-Public-Key-Identifier': z.string().describe('The id of the key that signs'),
    'Github-Public-Key-Signature': z
      .string()
      .describe('The base64 of an ECDSA signature (P-256, SHA-256, DER) of the body'),
  },
  success: [{ status: 200, description: 'What each token was; ours are revoked', content: answers }],
  problems: ['invalid_signature', 'not_found'],
  denials: ['too_many_attempts'],
  handle,
};

async function handle({ body, headers, client, services }: CallInput<Buffer>): Promise<Outcome> {
  const { leakSignatures, leakReports } = services;
  if (leakSignatures === undefined) return OFF;
  const [keyId, signature] = [headers['github-public-key-identifier'], headers['github-public-key-signature']];
  const checked = await leakSignatures.check({
    body,
    keyId: String(keyId ?? ''),
    signature: String(signature ?? ''),
    client,
  });
  switch (checked.outcome) {
    case 'wrong':
      return failed('invalid_signature', checked.message);
    case 'unavailable':
      return deny('unavailable', undefined, "the reporter's keys are not available");
    case 'too many': {
      const { retryAfterSeconds } = checked;
      return { ...deny('too_many_attempts', undefined, 'too many wrong signatures'), retryAfterSeconds };
    }
    case 'genuine':
      return await revokeAll(body, client, leakReports);
  }
}

async function revokeAll(
  body: Buffer,
  client: string,
  leakReports: CallInput<Buffer>['services']['leakReports'],
): Promise<Outcome> {
  const text = decodeUtf8(body);
  const decoded = decodeBody(reports, text === undefined ? undefined : parseJson(text));
  if (!decoded.ok) return failed('invalid_body', 'the body is not valid', decoded.errors);
  const found = decoded.body.map(({ token, url }) => ({ token, url: url ?? '' }));
  const outcomes = await leakReports.revoke(found, { by: 'reporter of leaks', client });
  // The reporter sends it again, and the tokens that are revoked stay so.
  if (outcomes.includes('unavailable')) return deny('unavailable', undefined, 'the token could not be checked');
  const labelled = decoded.body.map(({ token, type }, index) => ({
    token_hash: createHash('sha256').update(token).digest('hex'),
    token_type: type,
    label: outcomes[index] === 'revoked' ? ('true_positive' as const) : ('false_positive' as const),
  }));
  return done(200, labelled satisfies z.output<typeof answers>);
}
