import * as z from 'zod';
import type { ClaimPath } from '../../../core/claims/claim-path.ts';
import { claimKey } from '../../../core/claims/claim-path.ts';
import { quote } from '../../../lib/wording.ts';
import type { SubjectClaim } from '../../issuer-config.ts';
import { claimPath, claimText } from '../../reading/claim-path.ts';
import { distinct, EMPTY, expected, text } from '../../reading/shape.ts';

const LIST = 'a list of claims';

/** The schema of the claims with the scopes: one claim, or several whose words are united. */
export const scopeClaimSchema = z.union(
  [claimText.transform((path): readonly ClaimPath[] => [path]), several(claimPath, (path) => path)],
  { error: expected(`a claim such as scope or 'realm_access.roles', or ${LIST}`) },
);

/** The schema of what one word of a scope claim grants. */
export const grantedByWord = z
  .union([text('a scope'), distinct(text('a scope'), 'a list of scopes')], {
    error: expected('a scope of the catalogue or a list of them'),
  })
  .transform((written): readonly string[] => (typeof written === 'string' ? [written] : written));

/** The schema of `scopeMap`, for its shape: zod drops a word such as `__proto__`, so the words are read from the file. */
export const scopeMapSchema = z.record(z.string(), grantedByWord, {
  error: expected("a map from the issuer's words to scopes"),
});

const plain = (path: ClaimPath): SubjectClaim => ({ path, prefix: '' });

const prefixed = z
  .strictObject({
    claim: claimPath.describe('The claim'),
    prefix: text('a prefix such as client:').describe('What precedes its value in the subject'),
  })
  .transform(({ claim: path, prefix }): SubjectClaim => ({ path, prefix }));

const subjectClaim = z.union([prefixed, claimPath.transform(plain)], {
  error: expected("a claim such as sub, or { claim: client_id, prefix: 'client:' }"),
});

/** The schema of the claims with the subject, in the order in which they are tried. */
export const subjectClaimSchema = z.union(
  [claimText.transform((path): readonly SubjectClaim[] => [plain(path)]), several(subjectClaim, ({ path }) => path)],
  { error: expected(`a claim such as sub, or ${LIST}`) },
);

/** A non-empty list without a repeated claim, however it is written. */
function several<T extends z.ZodType>(item: T, pathOf: (item: z.output<T>) => ClaimPath) {
  return z
    .array(item, { error: expected(LIST) })
    .min(1, { error: EMPTY })
    .check((ctx) => {
      const seen = new Set<string>();
      for (const [index, value] of ctx.value.entries()) {
        const key = claimKey(pathOf(value));
        const message = `${quote(key)} is listed twice`;
        if (seen.has(key)) ctx.issues.push({ code: 'custom', input: value, path: [index], message });
        seen.add(key);
      }
    });
}
