import { expect, it } from 'vitest';
import { Slots } from './slots.ts';

it('Slots limit what is open and what waits, in the order of arrival', async () => {
  const slots = new Slots({ open: 2, waiting: 2 });
  const log: string[] = [];
  const take = (name: string) => slots.take().then((isTaken) => void log.push(`${name} ${isTaken}`));
  await Promise.all([take('a'), take('b')]);
  const waiting = [take('c'), take('d')];
  await take('e');
  expect(log).toEqual(['a true', 'b true', 'e false']);
  slots.free();
  await waiting[0];
  slots.free();
  await waiting[1];
  expect(log.slice(3)).toEqual(['c true', 'd true']);
  slots.free();
  slots.free();
  await take('f');
  expect(log.at(-1)).toBe('f true');
});
