import * as z from 'zod';
import type { ClaimPath } from '../../core/claims/claim-path.ts';
import { parseClaimPath } from '../../core/claims/claim-path.ts';
import { expected, parsed, text } from './shape.ts';

const WRITTEN = "the name of a claim, or a path such as 'realm_access.roles'";

/**
 * The schema of a claim that is written as text: dots separate the names of a path, `\\.` is a dot within a name, and a
 * text with `/` or `:` is one name, usually a URL.
 */
export const claimText = parsed(WRITTEN, parseClaimPath);

/** The schema of a claim that is written as text, or as the list of the names that lead to it, each taken literally. */
export const claimPath = z.union(
  [
    claimText,
    z
      .array(text('a name'))
      .min(1)
      .transform((names): ClaimPath => names),
  ],
  { error: expected(`${WRITTEN}, or a list of names`) },
);
