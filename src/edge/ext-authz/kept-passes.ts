import type { Gateway } from '../gateway.ts';
import type { Metadata } from './messages.ts';

/** Where `kept.lua` reports requests that passed by kept answers; `metadata_context_namespaces` of ext_authz shows it to us. */
const NAMESPACE = 'sallyport.kept';
const HITS = 'hits';
/** The script reports at most so many labels with one check. */
const MAX_LABELS = 16;
/** More than any gateway passes between two checks; far below what a counter holds exactly. */
const MAX_PASSES = 1e9;

/**
 * Counts the requests that a gateway let pass without asking, as it reports them: a number for each label, which is the
 * issuer and the route's pattern with a space between them. Leaves out whatever has another form.
 */
export function countKeptPasses({ filter_metadata: namespaces }: Metadata, { countKept }: Gateway): void {
  if (countKept === undefined) return;
  const hits = namespaces?.[NAMESPACE]?.fields?.[HITS]?.structValue?.fields;
  if (hits === undefined) return;
  for (const [label, { numberValue: passes }] of Object.entries(hits).slice(0, MAX_LABELS)) {
    const space = label.indexOf(' ');
    if (space > 0 && isCount(passes)) countKept(label.slice(0, space), label.slice(space + 1), passes);
  }
}

function isCount(passes: unknown): passes is number {
  return typeof passes === 'number' && Number.isInteger(passes) && passes > 0 && passes <= MAX_PASSES;
}
