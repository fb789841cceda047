import * as z from 'zod';
import { parseClaimPath } from '../../core/claims/claim-path.ts';
import type { ClaimCondition, Condition } from '../../core/claims/condition.ts';
import { list, quote } from '../../lib/wording.ts';
import { conditionSchema } from './condition-schema.ts';
import type { Draft } from './draft.ts';
import { isMap } from './draft.ts';
import type { Path } from './problems.ts';

/** The schema of conditions by claim, for its shape: zod drops a name such as __proto__, so names are read from the file. */
export const claimConditions = z.record(z.string(), conditionSchema, {
  error: 'expected a map from claims to conditions, such as { azp: [web, cli] }',
});

/**
 * Reads the conditions at `path`. Adds a problem for each claim that cannot be read, and a warning for each condition that
 * is probably not meant as it stands.
 */
export function readClaimConditions(
  draft: Draft,
  path: Path,
  written: z.output<typeof claimConditions> = {},
): readonly ClaimCondition[] {
  return readNamedConditions(draft, path, written).map(({ claim, condition }) => ({ claim, condition }));
}

/** A condition with the key under which it is written. */
export interface NamedCondition extends ClaimCondition {
  readonly name: string;
}

/** Like {@link readClaimConditions}, for a map that has other keys too. @param except these keys, which are no claims. */
export function readNamedConditions(
  draft: Draft,
  path: Path,
  written: z.output<typeof claimConditions>,
  except: ReadonlySet<string> = new Set(),
): readonly NamedCondition[] {
  const map = draft.valueAt(path);
  const names = Object.keys(isMap(map) ? map : {}).filter((name) => !except.has(name));
  return names.flatMap((name) => {
    const claim = parseClaimPath(name);
    const condition = Object.hasOwn(written, name) ? written[name] : undefined;
    if (claim === undefined || condition === undefined) {
      draft.refuseKey([...path, name], `${quote(name)} is not ${CLAIM_NAME}`);
      return [];
    }
    const doubt = doubtOf(condition);
    if (doubt !== undefined) draft.warn([...path, name], doubt);
    return { name, claim, condition };
  });
}

const CLAIM_NAME = "the name of a claim, a path such as 'realm_access.roles', or a JSON array of names";

/** A value that ends like this is probably meant as a pattern. */
const PATTERN = /\*$|^\^|\$$/;

/** What is probably not meant about a condition. */
function doubtOf(condition: Condition): string | undefined {
  if (condition.kind === 'present') return undefined;
  const texts = (condition.kind === 'prefix' ? condition.prefixes : condition.values).filter(
    (value) => typeof value === 'string',
  );
  const pattern = texts.find((value) => PATTERN.test(value));
  if (pattern !== undefined) {
    return `${quote(pattern)} is compared character by character: for values that begin alike, write { prefix: ... } without *`;
  }
  const open = condition.kind === 'prefix' ? texts.filter((prefix) => /[\p{L}\p{N}]$/u.test(prefix)) : [];
  if (open.length === 0) return undefined;
  return `${list(open.map(quote))} is also the beginning of longer names: end it with a separator, as in 'repo:acme/'`;
}
