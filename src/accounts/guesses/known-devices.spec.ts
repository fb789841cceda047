import { describe, expect, it } from 'vitest';
import { DEVICE_SECONDS, KnownDevices } from './known-devices.ts';
import { LogInDigests } from './log-in-digests.ts';

const ADA = { name: 'ada', email: 'ada@example.com' };
const digests = new LogInDigests(Buffer.alloc(32, 'k'));

function setUp() {
  const time = { nowMs: 1_800_000_000_000 };
  const devices = new KnownDevices(digests, { wallMs: () => time.nowMs });
  const knows = (name: string, proof: string | undefined) =>
    devices.recognise(digests.ofName(name), proof) !== undefined;
  return { time, devices, knows };
}

describe('KnownDevices', () => {
  it('recognise() accepts a proof for each name of its account, and for no other name', () => {
    const { devices, knows } = setUp();
    const proof = devices.prove(ADA, undefined);
    expect([knows('ADA', proof), knows('ada@example.com', proof), knows('max', proof)]).toEqual([true, true, false]);
    expect(devices.recognise(digests.ofName('ada'), proof)).toBe(devices.recognise(digests.ofName(ADA.email), proof));
  });

  it('recognise() accepts a proof until it expires', () => {
    const { time, devices, knows } = setUp();
    const proof = devices.prove(ADA, undefined);
    time.nowMs += DEVICE_SECONDS * 1000 - 1_000;
    expect(knows('ada', proof)).toBe(true);
    time.nowMs += 1_000;
    expect(knows('ada', proof)).toBe(false);
  });

  it('recognise() refuses a proof that was altered or made with another key', () => {
    const { devices, knows } = setUp();
    const proof = devices.prove(ADA, undefined);
    for (let index = 0; index < proof.length; index++) {
      const other = proof[index] === 'A' ? 'B' : 'A';
      const altered = proof.slice(0, index) + other + proof.slice(index + 1);
      // The part after the last dot is the digest of the e-mail address, which the name does not need.
      if (index < proof.lastIndexOf('.')) expect([index, knows('ada', altered)]).toEqual([index, false]);
    }
    const foreign = new KnownDevices(new LogInDigests(Buffer.alloc(32, 'x')), { wallMs: () => 1_800_000_000_000 });
    expect(knows('ada', foreign.prove(ADA, undefined))).toBe(false);
    for (const nothing of [undefined, '', '.', '~', 'a.b.c']) expect(knows('ada', nothing)).toBe(false);
  });

  it('prove() keeps one proof for each of the four latest accounts', () => {
    const { devices, knows } = setUp();
    const names = ['one', 'two', 'three', 'four', 'five'];
    let proof: string | undefined;
    for (const name of names) proof = devices.prove({ name }, devices.prove({ name }, proof));
    expect(names.map((name) => knows(name, proof))).toEqual([false, true, true, true, true]);
  });

  it('prove() returns a different proof each time, and names no account in it', () => {
    const { devices } = setUp();
    const proofs = [1, 2].map(() => devices.prove(ADA, undefined));
    expect(proofs[0]).not.toBe(proofs[1]);
    expect(proofs[0]).toMatch(/^[\w.~-]{60,120}$/);
    expect(proofs.join().toLowerCase()).not.toContain('ada@');
  });
});
