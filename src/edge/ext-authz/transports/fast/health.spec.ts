import { describe, expect, it } from 'vitest';
import { Health } from '../../../../observe/health.ts';
import { healthCheck } from './health.ts';

const CALL = { path: '', timeoutMs: Infinity, values: () => [], isCancelled: () => false };

function ask(health: Health, message: Buffer) {
  return healthCheck(health, ['a.Service']).handle({ ...CALL, message });
}

function named(service: string): Buffer {
  return Buffer.concat([Buffer.from([0x0a, service.length]), Buffer.from(service)]);
}

describe('healthCheck()', () => {
  it.each(['', 'a.Service'])('says of %j whether this instance is ready', (service) => {
    const health = new Health();
    const { handle } = healthCheck(health, ['a.Service']);
    const told = () => handle({ ...CALL, message: named(service) });
    expect(told()).toEqual(Buffer.from('0802', 'hex'));
    health.ready();
    expect(told()).toEqual(Buffer.from('0801', 'hex'));
    health.stopping();
    expect(told()).toEqual(Buffer.from('0802', 'hex'));
  });

  it('reads the empty message, unknown fields, and the last of two names', () => {
    const health = new Health();
    expect(ask(health, Buffer.alloc(0))).toEqual(Buffer.from('0802', 'hex'));
    expect(ask(health, Buffer.from('1001', 'hex'))).toEqual(Buffer.from('0802', 'hex'));
    expect(ask(health, Buffer.concat([named('other'), named('')]))).toEqual(Buffer.from('0802', 'hex'));
  });

  it('does not know other services', () => {
    expect(ask(new Health(), named('b.Service'))).toMatchObject({ code: 5 });
  });

  it.each(['08', '0801', '0a05', '0aff'])('refuses the message %s', (hex) => {
    expect(ask(new Health(), Buffer.from(hex, 'hex'))).toMatchObject({ code: 3 });
  });
});
