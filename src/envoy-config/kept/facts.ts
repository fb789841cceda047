import type { CheckContext, CheckedManager } from '../context.ts';
import type { ConfigNode } from '../reading/config-node.ts';
import { ANSWER } from './names.ts';

/** How a format names dynamic metadata of the answer; without a key, all of it. */
const IN_FORMAT = /%DYNAMIC_METADATA\(envoy\.filters\.http\.ext_authz(?::([^:)]*))?[^)]*\)/gi;

/** A place that reads facts of the answer. `name`: which one, `undefined` if it can read all of them. */
interface Reader {
  readonly node: ConfigNode;
  readonly name: string | undefined;
}

/** Checks that a request that passes by a kept answer has all facts that this configuration reads. */
export function checkFacts({ findings }: CheckContext, checked: CheckedManager, facts: ConfigNode): void {
  const names = facts.items().map(({ text }) => text);
  if (!Array.isArray(facts.value) || names.includes(undefined)) {
    findings.warn(facts, 'expected a list of names of the answer’s dynamic metadata: the script repeats all of them');
    return;
  }
  const readers = [checked.node, checked.routes?.node].flatMap((node) => readersIn(node));
  const missing = readers.flatMap(({ name }) => (name === undefined || names.includes(name) ? [] : [name]));
  if (missing.length > 0) {
    const list = [...new Set(missing)].join(', ');
    const why = `a request that passes by a kept answer has no ${list} in the metadata ${ANSWER}, which this configuration reads`;
    findings.refuse(facts, `${why}: add ${missing.length === 1 ? 'it' : 'them'}, or remove this line`);
  }
  const [whole] = readers.filter(({ name }) => name === undefined);
  if (whole !== undefined) {
    const why = `it can read each name of the metadata ${ANSWER}, and a kept answer repeats those of facts alone`;
    findings.warn(whole.node, `${why}: add what it reads to facts`);
  }
}

/** @param field the name of the member that this node is. @param parent the map that it is a member of. */
function readersIn(node: ConfigNode | undefined, field = '', parent?: ConfigNode): readonly Reader[] {
  if (node === undefined) return [];
  const { text } = node;
  if (text !== undefined) return readersOf(node, text, field, parent);
  return [
    ...node.entries().flatMap(([name, member]) => readersIn(member, name, node)),
    ...node.items().flatMap((item) => readersIn(item, field)),
  ];
}

function readersOf(node: ConfigNode, text: string, field: string, parent: ConfigNode | undefined): readonly Reader[] {
  const formats = [...text.matchAll(IN_FORMAT)].map(([, name]) => ({ node, name }));
  if (formats.length > 0) return formats;
  // The name of a filter, such as that of ext_authz itself.
  if (field === 'name' || !text.includes(ANSWER)) return [];
  return [{ node, name: text === ANSWER ? parent?.get('path')?.items()[0]?.get('key')?.text : undefined }];
}
