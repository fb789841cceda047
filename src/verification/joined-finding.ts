import type { Finding } from '../core/check.ts';

/** The most findings to join: an installation may have many issuers. */
const MAX_FINDINGS = 5;

/** What several issuers found in one token, each thing once, beside what each expects. */
export function joinFindings(findings: readonly (Finding | undefined)[]): Finding | undefined {
  const known = findings.flatMap((finding) => (finding === undefined ? [] : [finding])).slice(0, MAX_FINDINGS);
  if (known.length === 0) return undefined;
  const join = (texts: readonly string[]): string => [...new Set(texts)].join('; ');
  return { found: join(known.map(({ found }) => found)), expected: join(known.map(({ expected }) => expected)) };
}
