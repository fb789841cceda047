import { describe, expect, it } from 'vitest';
import { configFrom, problemsOf } from '../../../../test/support/config.ts';
import { DEFAULT_TRANSPORT } from '../../transport-config.ts';

function fileWith(members: string): string {
  return `version: 1\nlisten: { extAuthz: { address: 127.0.0.1:9191, ${members} } }\nroutes: []`;
}

function transportOf(members: string) {
  return configFrom(fileWith(members)).listen.extAuthz?.transport;
}

const NO_EFFECT = 'has no effect with transport: grpc-js; expected transport: fast, or no such key';

describe('listen.extAuthz.transport', () => {
  it('has a default, with or without a map', () => {
    const kinds = ['127.0.0.1:9191', '{ address: 127.0.0.1:9191 }'].map((listener) => {
      const { listen } = configFrom(`version: 1\nlisten: { extAuthz: ${listener} }\nroutes: []`);
      return listen.extAuthz?.transport.kind;
    });
    expect(kinds).toEqual([DEFAULT_TRANSPORT, DEFAULT_TRANSPORT]);
  });

  it('fast has limits and an age, each with a default', () => {
    expect(transportOf('transport: fast, limits: { pings: 70, requestTimeout: 2s }')).toMatchObject({
      kind: 'fast',
      limits: { pings: 70, requestMs: 2_000, headerListBytes: expect.any(Number) },
      maxConnectionAgeMs: 600_000,
    });
    expect(transportOf('transport: fast, maxConnectionAge: 1h')).toMatchObject({ maxConnectionAgeMs: 3_600_000 });
  });

  it('fast with an age of 0s never ends a connection', () => {
    expect(transportOf('transport: fast, maxConnectionAge: 0s')).toMatchObject({ maxConnectionAgeMs: Infinity });
  });

  it.each([
    ['transport: quick', "2:59: listen.extAuthz.transport: expected fast or grpc-js, found 'quick'"],
    ['transport: grpc-js, limits: {}', `2:68: listen.extAuthz.limits: ${NO_EFFECT}`],
    ['transport: grpc-js, maxConnectionAge: 5m', `2:86: listen.extAuthz.maxConnectionAge: ${NO_EFFECT}`],
    [
      'transport: fast, limits: { pings: 0 }',
      '2:82: listen.extAuthz.limits.pings: expected a whole number from 10 to 1000000, found 0',
    ],
    [
      'transport: fast, limits: { totalHeldBytes: 2000000 }',
      '2:91: listen.extAuthz.limits.totalHeldBytes: what one connection may hold must fit into totalHeldBytes: expected at least heldBytes, which is 8388608',
    ],
    [
      'transport: fast, limits: { heldBytes: 200000000 }',
      '2:86: listen.extAuthz.limits.heldBytes: what one connection may hold must fit into totalHeldBytes: expected at most totalHeldBytes, which is 134217728',
    ],
    ['transport: fast, limits: { ping: 9 }', "2:75: listen.extAuthz.limits: unknown key 'ping', did you mean 'pings'?"],
    [
      'transport: fast, maxConnectionAge: 50ms',
      "2:83: listen.extAuthz.maxConnectionAge: expected 0s (never), or a duration from 1s to 24h, found '50ms'",
    ],
    [
      'transport: fast, maxConnectionAge: 48h',
      "2:83: listen.extAuthz.maxConnectionAge: expected a duration from 0s to 24h, such as 150ms, 30s, 5m or 24h, found '48h'",
    ],
    [
      'limits: { heldBytes: 65536 }',
      '2:69: listen.extAuthz.limits.heldBytes: a check of messageBytes must fit into heldBytes: expected at least messageBytes, which is 4194304',
    ],
    [
      'limits: { messageBytes: 67108864 }',
      '2:72: listen.extAuthz.limits.messageBytes: a check of messageBytes must fit into heldBytes: expected at most heldBytes, which is 8388608',
    ],
    [
      'limits: { messageBytes: 65536, heldBytes: 65535 }',
      '2:90: listen.extAuthz.limits.heldBytes: expected a whole number from 65536 to 268435456, found 65535',
    ],
  ])('refuses { %s }', (members, problem) => {
    expect(problemsOf(fileWith(members))).toEqual([problem]);
  });

  it('is unknown to the other listeners', () => {
    const text = 'version: 1\nlisten: { access: { address: "unix:/run/x.sock", transport: fast } }\nroutes: []';
    expect(problemsOf(text)[0]).toContain('unknown key');
  });
});
