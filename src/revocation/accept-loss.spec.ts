import { describe, expect, it } from 'vitest';
import { formatEpoch, parseEpoch } from '../revocation-set/epoch.ts';
import { acceptLoss, acceptLosses, hasLosses } from './accept-loss.ts';

const BY = { by: 'operator:ada' };
const WHOLE = { epoch: 'x', follows: ['w'], loss: undefined };
const LOST = { epoch: 'n', follows: ['w'], loss: { lost: ['x'], noticedAt: 1_800_000_000 } };

function setUp(records: Readonly<Record<string, string | undefined>>) {
  const stored = new Map(Object.entries(records));
  const audited: unknown[] = [];
  const epochs = {
    read: async () => new Map(stored),
    async swap(key: string, expected: string | undefined, value: string) {
      if (stored.get(key) !== expected) return false;
      stored.set(key, value);
      return true;
    },
  };
  const audit = { lossAccepted: (...record: unknown[]) => void audited.push(record) };
  return { epochs, audit, stored, audited };
}

it.each([
  [{ whole: formatEpoch(WHOLE), none: undefined }, false],
  [{ whole: formatEpoch(WHOLE), lost: formatEpoch(LOST) }, true],
])('hasLosses() of %j is %s', async (records, is) => {
  expect(await hasLosses(setUp(records))).toBe(is);
});

describe('acceptLosses()', () => {
  it('accepts each part that is lost, and records each', async () => {
    const { stored, audited, ...parts } = setUp({
      whole: formatEpoch(WHOLE),
      lost: formatEpoch(LOST),
      none: undefined,
    });
    const answer = await acceptLosses(parts, BY);
    const [loss] = answer.losses;
    expect(answer).toEqual({ outcome: 'accepted', losses: [loss] });
    expect(loss).toMatchObject({ key: 'lost', lost: ['x'], noticedAtSeconds: 1_800_000_000 });
    expect(parseEpoch(stored.get('lost') ?? '')).toEqual({
      epoch: loss?.epoch,
      follows: ['w', 'x', 'n'],
      loss: undefined,
    });
    expect(stored.get('whole')).toBe(formatEpoch(WHOLE));
    expect(audited).toEqual([[BY, loss]]);
  });

  it('writes and records nothing if nothing is lost', async () => {
    const { stored, audited, ...parts } = setUp({ whole: formatEpoch(WHOLE), none: undefined });
    expect(await acceptLosses(parts, BY)).toEqual({ outcome: 'accepted', losses: [] });
    expect([...stored]).toEqual([
      ['whole', formatEpoch(WHOLE)],
      ['none', undefined],
    ]);
    expect(audited).toEqual([]);
  });

  it('stops if another process changes a record, and reports what it had accepted', async () => {
    const { epochs, audit, audited } = setUp({ first: formatEpoch(LOST), second: 'not readable' });
    const read = async () => new Map([...(await epochs.read()), ['second', 'changed since']]);
    const answer = await acceptLosses({ epochs: { ...epochs, read }, audit }, BY);
    expect(answer).toMatchObject({ outcome: 'changed', key: 'second', losses: [{ key: 'first' }] });
    expect(audited).toHaveLength(1);
  });

  it('accepts a record that cannot be read, at an unknown time', async () => {
    const { audited, ...parts } = setUp({ broken: 'x' });
    expect((await acceptLosses(parts, BY)).losses).toMatchObject([
      { key: 'broken', lost: [], noticedAtSeconds: undefined },
    ]);
    expect(audited).toHaveLength(1);
  });

  it('records nothing if the store fails', async () => {
    const { epochs, audit, audited } = setUp({ lost: formatEpoch(LOST) });
    const swap = () => Promise.reject(new Error('down'));
    await expect(acceptLosses({ epochs: { ...epochs, swap }, audit }, BY)).rejects.toThrow('down');
    expect(audited).toEqual([]);
  });
});

describe('acceptLoss()', () => {
  it.each([
    ['a record that reports a loss', formatEpoch(LOST), { epoch: 'new', follows: ['w', 'x', 'n'], loss: undefined }],
    ['an unreadable record', 'x', { epoch: 'new', follows: [], loss: undefined }],
    ['a record without a loss: none', formatEpoch(WHOLE), undefined],
    ['no record: none', undefined, undefined],
  ])('returns the record that follows %s', (_what, found, record) => {
    expect(acceptLoss(found, 'new')).toEqual(record);
  });
});
