import * as z from 'zod';
import { quote } from '../../../lib/wording.ts';
import { text } from '../../reading/shape.ts';

/** Lower case, so that no JWT begins with one: those begin with `eyJ`. */
const PREFIX = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;
const MAX_PREFIX_LENGTH = 20;
const PREFIX_FORM = `2 to ${MAX_PREFIX_LENGTH} small letters and digits, such as 'sp' or 'acme_live'`;

/** The schema of the section `apiKeys`. */
export const apiKeysSchema = z.strictObject({
  prefix: text(PREFIX_FORM, prefixProblem).describe(
    `What each key begins with, before an underscore: ${PREFIX_FORM}. Another prefix ends all keys with the former one`,
  ),
});

function prefixProblem(prefix: string): string | undefined {
  const fits = PREFIX.test(prefix) && prefix.length >= 2 && prefix.length <= MAX_PREFIX_LENGTH;
  return fits ? undefined : `expected ${PREFIX_FORM}, found ${quote(prefix)}`;
}
