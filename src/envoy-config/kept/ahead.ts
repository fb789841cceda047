import type { CheckContext, CheckedManager } from '../context.ts';
import { knownPowers, powersOf } from '../filter-powers.ts';
import type { ConfigNode } from '../reading/config-node.ts';
import type { HttpFilter } from '../reading/http-filter.ts';
import type { TextTest } from '../reading/string-matcher.ts';
import { readStringMatcher } from '../reading/string-matcher.ts';
import { type RunningFilter, runningFilter } from '../routes/running-filter.ts';
import { GUARDED_NAMESPACES, KEPT } from './names.ts';

/** What a kept answer is found by. */
const KEY_HEADERS = [':method', ':authority', 'host', ':path', 'authorization'];

/**
 * Checks the filters in front of ext_authz: one that can write the metadata by which the script says that it decided turns
 * authorization off, and one behind the first filter can change what the answer was kept for.
 *
 * @param firstAt where the first of the two filters is.
 */
export function checkAhead(context: CheckContext, checked: CheckedManager, firstAt: number | undefined): void {
  const { filters, askedAt, all, routes } = checked;
  for (const [index, filter] of filters.slice(0, askedAt).entries()) {
    if ((filter.name === KEPT && filter.kind === 'lua') || all.some(({ node }) => node.value === filter.node.value))
      continue;
    const running = runningFilter(filter, routes);
    if (running === undefined) continue;
    checkWriter(context, filter, running);
    if (firstAt !== undefined && index > firstAt) checkBetween(context, filter, running);
  }
}

function checkWriter({ findings }: CheckContext, { node }: HttpFilter, { kinds, configs }: RunningFilter): void {
  const writer = [...kinds].find((kind) => powersOf(kind).writes === 'any');
  if (writer !== undefined) {
    const what = knownPowers(writer) === undefined ? 'Sallyport does not know what this filter does, and it' : 'it';
    const why = `${what} can write the metadata ${KEPT}, which turns authorization off`;
    findings.refuse(node, `${why}: put it behind ext_authz`);
    return;
  }
  if (![...kinds].some((kind) => powersOf(kind).writes === 'configured')) return;
  for (const namespace of configs.flatMap((config) => [...namespacesIn(config)])) {
    if (!GUARDED_NAMESPACES.includes(namespace.text ?? '')) continue;
    const why = `it writes the metadata ${namespace.text ?? ''}, which decides about requests and kept answers`;
    findings.refuse(namespace, `${why}: use another namespace`);
  }
}

/** Where a configuration names the namespaces that the filter writes. */
function* namespacesIn(node: ConfigNode, isNamespaces = false): Iterable<ConfigNode> {
  for (const [name, member] of node.entries()) {
    const plain = name.replaceAll('_', '').toLowerCase();
    if (plain === 'metadatanamespace') yield member;
    // ext_proc writes what its server may, and what it may is listed.
    else yield* namespacesIn(member, plain === 'receivingnamespaces' || (isNamespaces && Array.isArray(member.value)));
  }
  for (const item of node.items()) {
    if (isNamespaces && item.text !== undefined) yield item;
    else yield* namespacesIn(item);
  }
}

/** A kept answer is about the request as the first filter saw it. */
function checkBetween({ findings }: CheckContext, filter: HttpFilter, { kinds, configs }: RunningFilter): void {
  const changes = [...kinds].some((kind) => {
    const power = powersOf(kind).changes;
    return power === 'yes' || (power === 'configured' && configs.some(touchesKey));
  });
  if (changes) {
    const why = `it can change what ${KEPT} has read, so that an answer is used for another request than it was given for`;
    findings.refuse(filter.node, `${why}: put it in front of the first ${KEPT}, or behind ext_authz`);
    return;
  }
  const why = `a filter that waits or answers here costs a kept answer`;
  findings.warn(
    filter.node,
    `${why}: put it in front of the first ${KEPT}, so that this stands directly before ext_authz`,
  );
}

/** Whether a configuration names a header that belongs to the key, or matches one. */
function touchesKey(node: ConfigNode): boolean {
  const tests: readonly TextTest[] = [...matchersIn(node)];
  return KEY_HEADERS.some((name) => tests.some((test) => test(name) !== false));
}

function* matchersIn(node: ConfigNode): Iterable<TextTest> {
  for (const [name, member] of node.entries()) {
    const plain = name.replaceAll('_', '').toLowerCase();
    const text = member.text?.toLowerCase();
    if (plain === 'keymatcher') yield readStringMatcher(member);
    else if ((plain === 'remove' || plain === 'key' || plain === 'header') && text !== undefined) {
      yield (header) => header === text;
    } else yield* matchersIn(member);
  }
  for (const item of node.items()) yield* matchersIn(item);
}
