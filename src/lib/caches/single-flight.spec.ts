import { expect, it } from 'vitest';
import { SingleFlight } from './single-flight.ts';

it('SingleFlight shares a run with all who ask while it runs, and runs again afterwards', async () => {
  const runs: PromiseWithResolvers<number>[] = [];
  const flight = new SingleFlight(() => {
    const begun = Promise.withResolvers<number>();
    runs.push(begun);
    return begun.promise;
  });
  const first = [flight.run(), flight.run()];
  expect(runs).toHaveLength(1);
  runs[0]?.resolve(1);
  expect(await Promise.all(first)).toEqual([1, 1]);
  expect(flight.running).toBeUndefined();
  const second = flight.run();
  expect(runs).toHaveLength(2);
  runs[1]?.resolve(2);
  expect(await second).toBe(2);
});

it('SingleFlight shares a failure, and runs again afterwards', async () => {
  let runs = 0;
  const flight = new SingleFlight(() => Promise.reject(new Error(`run ${++runs}`)));
  const outcomes = await Promise.allSettled([flight.run(), flight.run()]);
  expect(outcomes.map((outcome) => outcome.status === 'rejected' && String(outcome.reason))).toEqual([
    'Error: run 1',
    'Error: run 1',
  ]);
  await expect(flight.run()).rejects.toThrow('run 2');
});
