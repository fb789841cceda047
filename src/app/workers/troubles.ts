import type { Components } from '../../observe/components.ts';

/** Returns the parts that do not work, each in words such as `feed stale` or `key sets of corporate failing`. */
export function troublesOf(components: Components): readonly string[] {
  const { store, revocations, feed, keySets = [], introspection = [], decisionPoints = [], signingKeys } = components;
  const single = { store, revocations, feed, 'signing keys': signingKeys, log: components.log };
  const all: (readonly [string, string | undefined])[] = [
    ...Object.entries(single).map(([name, part]) => [name, part?.status] as const),
    ...keySets.map(({ issuer, status }) => [`key sets of ${issuer}`, status] as const),
    ...introspection.map(({ issuer, status }) => [`introspection of ${issuer}`, status] as const),
    ...decisionPoints.map(({ name, status }) => [`decision point ${name}`, status] as const),
  ];
  return all.flatMap(([name, status]) => (status === undefined || status === 'ok' ? [] : [`${name} ${status}`]));
}
