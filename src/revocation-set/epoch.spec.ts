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
    ['nothing, finds none', undefined, undefined, healthy('new'), true],
    ['nothing, finds a record', undefined, formatEpoch(X), X, false],
    ['nothing, finds a loss', undefined, formatEpoch(LOST), LOST, false],
    ['nothing, finds what cannot be read', undefined, '{', announced([]), true],
    ['a record, finds the same', X, formatEpoch(X), X, false],
    ['a record, finds one that follows it', X, formatEpoch(healthy('y', 'w', 'x')), healthy('y', 'w', 'x'), false],
    ['a record, finds its loss', X, formatEpoch(LOST), LOST, false],
    ['a record, finds none', healthy('x', 'w'), undefined, announced(['x'], { follows: ['w'] }), true],
    ['a record, finds what cannot be read', X, '{"epoch":"x"}', announced(['x']), true],
    ['a record, finds another', X, formatEpoch(healthy('y')), announced(['y', 'x']), true],
    [
      'a record, finds the loss of another',
      healthy('z'),
      formatEpoch(LOST),
      announced(['x', 'n', 'z'], { follows: ['w'], noticedAt: 400 }),
      true,
    ],
    ['a loss, finds none', LOST, undefined, announced(['x', 'n'], { follows: ['w'], noticedAt: 400 }), true],
    ['a loss, finds it accepted', LOST, formatEpoch(healthy('y', 'x', 'n')), healthy('y', 'x', 'n'), false],
    [
      'a loss, finds what was there before',
      LOST,
      formatEpoch(X),
      announced(['x', 'n'], { follows: ['w'], noticedAt: 400 }),
      true,
    ],
  ])('who knows %s', (_what, known, found, record, isNew) => {
    expect(judgeEpoch(known, found, MAKING)).toEqual({ record, isNew });
  });

  it('names 64 earlier epochs, the latest', () => {
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
    ['nothing', undefined],
    ['what cannot be read', '{'],
  ])('announces the loss where %s stands', (_what, found) => {
    const { record, isNew } = judgeMissing('k', found, MAKING);
    expect(isNew).toBe(true);
    expect(record.epoch).toBe(MAKING.epoch);
    expect(record.loss?.lost).toContain('k');
  });

  it('takes what stands where the loss was announced or accepted', () => {
    for (const standing of [lost('n', 'k'), { epoch: 'n', follows: ['k'], loss: undefined }]) {
      expect(judgeMissing('k', formatEpoch(standing), MAKING)).toEqual({ record: standing, isNew: false });
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

it('isEpochKey() knows the keys of every part', () => {
  const keys = ['sallyport:revoked-epoch', 'sallyport:revoked-epoch:{a}', 'sallyport:revoked:own:a'];
  expect(keys.map(isEpochKey)).toEqual([true, true, false]);
});

const INSTANCES = 4;
const steps = fc.array(
  fc.record({
    what: fc.constantFrom('look', 'look', 'look', 'look', 'read', 'flush', 'start', 'accept' as const),
    who: fc.nat(INSTANCES - 1),
  }),
  { maxLength: 60 },
);

/** A store that is emptied now and then, and instances that look at it, one at a time, or two in a race. */
class World {
  text: string | undefined;
  readonly known: (EpochRecord | undefined)[] = Array.from({ length: INSTANCES });
  /** What an instance has read, and not acted on yet. */
  private readonly stale = new Map<number, string | undefined>();
  /** Instances that know what was there before the last loss that nobody accepted. */
  private readonly deprived = new Set<number>();
  private epochs = 0;
  announcements = 0;

  play(what: string, who: number): void {
    if (what === 'look') this.look(who);
    else if (what === 'read') this.stale.set(who, this.text);
    else if (what === 'start') this.start(who);
    else if (what === 'flush') this.flush();
    else this.accept();
  }

  /** Compare-and-set, and again from the top where that fails. */
  look(who: number): void {
    const found = this.stale.has(who) ? this.stale.get(who) : this.text;
    this.stale.delete(who);
    const before = this.known[who];
    const { record, isNew } = judgeEpoch(before, found, { epoch: `e${this.epochs++}`, nowSeconds: 1 });
    if (isNew && found !== this.text) return this.look(who);
    if (isNew) this.text = formatEpoch(record);
    if (isNew && record.loss !== undefined) this.announcements += 1;
    // What was read before the last change is looked at again: the store tells of each.
    if (!isNew && found !== this.text) return this.look(who);
    this.known[who] = record;
    if (this.deprived.has(who)) expect(record.loss).toBeDefined();
  }

  private start(who: number): void {
    this.known[who] = undefined;
    this.deprived.delete(who);
    this.stale.delete(who);
  }

  private flush(): void {
    this.text = undefined;
    this.known.forEach((record, who) => record !== undefined && this.deprived.add(who));
  }

  private accept(): void {
    const record = acceptLoss(this.text, `e${this.epochs++}`);
    if (record === undefined) return;
    this.text = formatEpoch(record);
    this.deprived.clear();
  }
}

it('a loss is known to whoever knew the set before, until it is accepted, and then to nobody', () => {
  let losses = 0;
  fc.assert(
    fc.property(steps, (played) => {
      const world = new World();
      for (const { what, who } of played) world.play(what, who);
      const all = (): void => world.known.forEach((_, who) => world.look(who));
      all();
      all();
      const isLost = parseEpoch(world.text ?? '')?.loss !== undefined;
      losses += Number(isLost);
      // They agree.
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
