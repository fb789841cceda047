import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptLoss } from '../revocation/accept-loss.ts';
import type { EpochRecord } from './epoch.ts';
import { formatEpoch, isEpochKey, judgeEpoch, judgeMissing, parseEpoch } from './epoch.ts';

const MAKING = { epoch: 'new', nowSeconds: 500 };
const X = healthy('x');
const LOST: EpochRecord = { epoch: 'n', follows: ['w'], loss: { lost: ['x'], noticedAt: 400 } };

function healthy(epoch: string, ...follows: string[]): EpochRecord {
  return { epoch, follows, loss: undefined };
}

function announced(lost: readonly string[], { follows = [] as string[], noticedAt = 500 } = {}): EpochRecord {
  return { epoch: 'new', follows, loss: { lost, noticedAt } };
}

describe('judgeEpoch()', () => {
  it.each<[string, EpochRecord | undefined, string | undefined, EpochRecord, boolean]>([
    ['nothing known and none found', undefined, undefined, healthy('new'), true],
    ['nothing known and a record found', undefined, formatEpoch(X), X, false],
    ['nothing known and a loss found', undefined, formatEpoch(LOST), LOST, false],
    ['nothing known and an unreadable record found', undefined, '{', announced([]), true],
    ['a known record and the same found', X, formatEpoch(X), X, false],
    ['a known record and a successor found', X, formatEpoch(healthy('y', 'w', 'x')), healthy('y', 'w', 'x'), false],
    ['a known record and its loss found', X, formatEpoch(LOST), LOST, false],
    ['a known record and none found', healthy('x', 'w'), undefined, announced(['x'], { follows: ['w'] }), true],
    ['a known record and an unreadable one found', X, '{"epoch":"x"}', announced(['x']), true],
    ['a known record and another found', X, formatEpoch(healthy('y')), announced(['y', 'x']), true],
    [
      'a known record and the loss of another found',
      healthy('z'),
      formatEpoch(LOST),
      announced(['x', 'n', 'z'], { follows: ['w'], noticedAt: 400 }),
      true,
    ],
    ['a known loss and none found', LOST, undefined, announced(['x', 'n'], { follows: ['w'], noticedAt: 400 }), true],
    ['a known loss and its acceptance found', LOST, formatEpoch(healthy('y', 'x', 'n')), healthy('y', 'x', 'n'), false],
    [
      'a known loss and the former record found',
      LOST,
      formatEpoch(X),
      announced(['x', 'n'], { follows: ['w'], noticedAt: 400 }),
      true,
    ],
  ])('with %s', (_what, known, found, record, isNew) => {
    expect(judgeEpoch(known, found, MAKING)).toEqual({ record, isNew });
  });

  it('names the latest 64 earlier epochs', () => {
    const many = Array.from({ length: 70 }, (_, index) => `e${index}`);
    const { record } = judgeEpoch(healthy('x', ...many), undefined, MAKING);
    expect(record.follows).toEqual(many.slice(-64));
  });
});

describe('judgeMissing()', () => {
  const lost = (epoch: string, ...names: string[]) => ({ epoch, follows: [], loss: { lost: names, noticedAt: 7 } });

  it.each<[what: string, found: string | undefined]>([
    ['an older copy', formatEpoch({ epoch: 'k', follows: ['j'], loss: undefined })],
    ['another set', formatEpoch({ epoch: 'x', follows: [], loss: undefined })],
    ['no record', undefined],
    ['an unreadable record', '{'],
  ])('announces the loss when it finds %s', (_what, found) => {
    const { record, isNew } = judgeMissing('k', found, MAKING);
    expect(isNew).toBe(true);
    expect(record.epoch).toBe(MAKING.epoch);
    expect(record.loss?.lost).toContain('k');
  });

  it('adopts the found record if it announces or accepts the loss', () => {
    for (const existing of [lost('n', 'k'), { epoch: 'n', follows: ['k'], loss: undefined }]) {
      expect(judgeMissing('k', formatEpoch(existing), MAKING)).toEqual({ record: existing, isNew: false });
    }
  });
});

describe('parseEpoch()', () => {
  it('reads what formatEpoch() wrote', () => {
    for (const record of [X, LOST]) expect(parseEpoch(formatEpoch(record))).toEqual(record);
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"epoch":"x"}',
    '{"epoch":1,"follows":[]}',
    '{"epoch":"x","follows":[1]}',
    '{"epoch":"x","follows":[],"lost":"x","noticedAt":1}',
    '{"epoch":"x","follows":[],"lost":["x"]}',
  ])('refuses %s', (text) => {
    expect(parseEpoch(text)).toBeUndefined();
  });
});

it('isEpochKey() recognises the keys of every part', () => {
  const keys = ['sallyport:revoked-epoch', 'sallyport:revoked-epoch:{a}', 'sallyport:revoked:own:a'];
  expect(keys.map(isEpochKey)).toEqual([true, true, false]);
});

const INSTANCES = 4;
const steps = fc.array(
  fc.record({
    what: fc.constantFrom('look', 'look', 'look', 'look', 'read', 'flush', 'start', 'accept' as const),
    instance: fc.nat(INSTANCES - 1),
  }),
  { maxLength: 60 },
);

/** A store that is sometimes emptied, and instances that check it, one at a time or two in a race. */
class World {
  text: string | undefined;
  readonly known: (EpochRecord | undefined)[] = Array.from({ length: INSTANCES });
  /** The record that an instance has read but not acted on yet. */
  private readonly stale = new Map<number, string | undefined>();
  /** Instances that knew the set before a loss that has not been accepted. */
  private readonly deprived = new Set<number>();
  private epochs = 0;
  announcements = 0;

  play(what: string, instance: number): void {
    if (what === 'look') this.look(instance);
    else if (what === 'read') this.stale.set(instance, this.text);
    else if (what === 'start') this.start(instance);
    else if (what === 'flush') this.flush();
    else this.accept();
  }

  /** A compare-and-set; starts again if it fails. */
  look(instance: number): void {
    const found = this.stale.has(instance) ? this.stale.get(instance) : this.text;
    this.stale.delete(instance);
    const before = this.known[instance];
    const { record, isNew } = judgeEpoch(before, found, { epoch: `e${this.epochs++}`, nowSeconds: 1 });
    if (isNew && found !== this.text) return this.look(instance);
    if (isNew) this.text = formatEpoch(record);
    if (isNew && record.loss !== undefined) this.announcements += 1;
    // A record that was read before the last change is read again: the feed reports each change.
    if (!isNew && found !== this.text) return this.look(instance);
    this.known[instance] = record;
    if (this.deprived.has(instance)) expect(record.loss).toBeDefined();
  }

  private start(instance: number): void {
    this.known[instance] = undefined;
    this.deprived.delete(instance);
    this.stale.delete(instance);
  }

  private flush(): void {
    this.text = undefined;
    this.known.forEach((record, instance) => record !== undefined && this.deprived.add(instance));
  }

  private accept(): void {
    const record = acceptLoss(this.text, `e${this.epochs++}`);
    if (record === undefined) return;
    this.text = formatEpoch(record);
    this.deprived.clear();
  }
}

it('a loss is known to every instance that knew the set, until it is accepted', () => {
  let losses = 0;
  fc.assert(
    fc.property(steps, (played) => {
      const world = new World();
      for (const { what, instance } of played) world.play(what, instance);
      const all = (): void => world.known.forEach((_, instance) => world.look(instance));
      all();
      all();
      const isLost = parseEpoch(world.text ?? '')?.loss !== undefined;
      losses += Number(isLost);
      // All instances agree.
      for (const record of world.known) expect(record && formatEpoch(record)).toBe(world.text);
      world.play('accept', 0);
      const { announcements } = world;
      all();
      expect(world.known.map((record) => record?.loss)).toEqual(Array.from({ length: INSTANCES }));
      expect(world.announcements).toBe(announcements);
    }),
    { numRuns: 5_000 },
  );
  expect(losses).toBeGreaterThan(500);
});
