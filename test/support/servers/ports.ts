import { isTaken } from '../../../deploy/demo/ports.ts';

/** Below the ephemeral ports: an outgoing connection might take one of those just before a server does. */
const FIRST = 10_000;
/** Each worker of the test runner has its own slice, so that parallel specs never use the same port. */
const SLICE = 2_500;
const SLICES = 4;

const first = FIRST + (Number(process.env['VITEST_POOL_ID'] ?? 0) % SLICES) * SLICE;
// Other runs on this machine use the same slices.
let next = Math.floor(Math.random() * SLICE);

/** Resolves to `count` different free ports of the loopback address, from 10000 to 19999. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = first + (next++ % SLICE);
    if (!(await isTaken(port))) ports.push(port);
  }
  return ports;
}
