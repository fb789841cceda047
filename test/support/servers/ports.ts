import { isTaken } from '../../../deploy/demo/ports.ts';

/** Below what a system gives to outgoing connections, one of which might take a port just before its server does. */
const FIRST = 10_000;
/** What a worker of the test runner has to itself: specs that run side by side never take the same port. */
const SLICE = 2_500;
const SLICES = 4;

const first = FIRST + (Number(process.env['VITEST_POOL_ID'] ?? 0) % SLICES) * SLICE;
// Another run on this machine has the same slices.
let next = Math.floor(Math.random() * SLICE);

/** `count` different ports of the loopback address, from 10000 to 19999, that nobody holds right now. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = first + (next++ % SLICE);
    if (!(await isTaken(port))) ports.push(port);
  }
  return ports;
}
