import { describe, expect, it } from 'vitest';
import type { ClusterNode, ClusterView } from './cluster-view.ts';
import { agree, ownerOf } from './quorum-view.ts';

type Written = Partial<ClusterNode> & { readonly id: string };

function view(self: string, nodes: readonly Written[], handsOverTo: readonly string[] = []): ClusterView {
  const rest = { host: 'h', ip: 'h', port: 1, isPrimary: true, hasFailed: false, epoch: 1, slots: [] };
  return { self, nodes: nodes.map((node) => ({ ...rest, ...node })), handsOverTo };
}

function agreementOf(...views: readonly ClusterView[]) {
  return agree(new Map(views.map((one) => [one.self, one])));
}

const A = { id: 'a', slots: [[0, 9]] } as const;
const B = { id: 'b', slots: [[10, 19]] } as const;
const C = { id: 'c', slots: [[20, 29]] } as const;
const REPLICA = { id: 'd', isPrimary: false } as const;
const [TAKEN, TAKER] = [
  { id: 'a', isPrimary: false },
  { id: 'd', slots: [[0, 9]], epoch: 7 },
] as const;
const BEFORE = [A, B, C, REPLICA];
const AFTER = [TAKEN, B, C, TAKER];

describe('agreementOf()', () => {
  it.each([
    ['no node', []],
    ['one of three', [view('a', BEFORE)]],
    ['a replica and one of three', [view('a', BEFORE), view('d', BEFORE)]],
    ['two nodes that disagree', [view('a', BEFORE), view('b', AFTER)]],
    ['one of two', [view('a', [A, B])]],
  ])('returns undefined for the views of %s', (_who, views) => {
    expect(agreementOf(...views)).toBeUndefined();
  });

  it('accepts the view of two of three', () => {
    const agreement = agreementOf(view('a', BEFORE), view('c', BEFORE));
    expect(agreement).toMatchObject({ isWhole: false, failed: new Set() });
    expect(agreement && [0, 9, 10, 29, 30].map((slot) => ownerOf(agreement, slot)?.id)).toEqual([
      'a',
      'a',
      'b',
      'c',
      undefined,
    ]);
  });

  it('is whole if all primaries with slots answered and none migrates slots to a primary without any', () => {
    const [a, b] = [view('a', BEFORE), view('b', BEFORE, ['c'])];
    expect(agreementOf(a, b, view('c', BEFORE))?.isWhole).toBe(true);
    expect(agreementOf(a, b, view('c', BEFORE, ['e']))?.isWhole).toBe(false);
  });

  it('marks a primary as failed if one node does', () => {
    const suspicious = BEFORE.map((node) => (node.id === 'a' ? { ...node, hasFailed: true } : node));
    expect(agreementOf(view('a', BEFORE), view('b', suspicious))?.failed).toEqual(new Set(['a']));
  });

  it('prefers the later of two majorities', () => {
    const agreement = agreementOf(view('a', BEFORE), view('b', BEFORE), view('c', AFTER), view('d', AFTER));
    expect(agreement && ownerOf(agreement, 0)?.id).toBe('d');
  });

  it('takes the address of a node from other nodes', () => {
    const self = { ...A, host: 'own', ip: 'own' };
    const agreement = agreementOf(view('a', [self, B, C]), view('b', BEFORE));
    expect(agreement?.owners.map(({ host }) => host)).toEqual(['h', 'h', 'h']);
  });
});
