import * as z from 'zod';
import { quote } from '../../../lib/wording.ts';
import { text } from '../../reading/shape.ts';
import { reporterKeysUrl } from '../issuers/key-url-schema.ts';

/** Lower case, so that no JWT begins with one: those begin with `eyJ`. */
const PREFIX = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;
const MAX_PREFIX_LENGTH = 20;
const PREFIX_FORM = `2 to ${MAX_PREFIX_LENGTH} small letters and digits, such as 'sp' or 'acme_live'`;

/** Where GitHub publishes the keys of its secret scanning. */
export const GITHUB_KEYS = 'https://api.github.com/meta/public_keys/secret_scanning';

/** The schema of the section `apiKeys`. */
export const apiKeysSchema = z.strictObject({
  prefix: text(PREFIX_FORM, prefixProblem).describe(
    `What each key begins with, before an underscore: ${PREFIX_FORM}. Another prefix ends all keys with the former one`,
  ),
  leakReports: z
    .strictObject({
      keys: reporterKeysUrl
        .optional()
        .describe(`https URL of the reporter's public keys; by default GitHub's: ${GITHUB_KEYS}`),
      file: text('the path of a file')
        .optional()
        .describe('File with the same document, read again when it changes. In place of keys'),
    })
    .optional()
    .describe(
      'Take reports of leaked tokens at POST /v1/leaks, signed as for the partners of GitHub secret scanning: {} for those of GitHub. Without it, none are taken',
    ),
});

function prefixProblem(prefix: string): string | undefined {
  const fits = PREFIX.test(prefix) && prefix.length >= 2 && prefix.length <= MAX_PREFIX_LENGTH;
  return fits ? undefined : `expected ${PREFIX_FORM}, found ${quote(prefix)}`;
}
