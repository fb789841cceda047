import { expect, it } from 'vitest';
import { StoreError } from '../../core/ports.ts';
import { redirectOf } from './slot-redirect.ts';

it.each([
  ['MOVED 3999 127.0.0.1:6381', { kind: 'moved' }],
  ['ASK 3999 127.0.0.1:6381', { kind: 'ask', to: { host: '127.0.0.1', port: 6_381 } }],
  ['ASK 3999 ::1:6381', { kind: 'ask', to: { host: '::1', port: 6_381 } }],
  ['TRYAGAIN Multiple keys request during rehashing of slot', { kind: 'later' }],
  ['CLUSTERDOWN Hash slot not served', undefined],
  ['did not answer within 80 ms', undefined],
])('redirectOf() reads %s as %j', (message, redirect) => {
  expect(redirectOf(new StoreError('words', { cause: new Error(message) }))).toEqual(redirect);
});

it('redirectOf() ignores other errors', () => {
  expect(redirectOf(new Error('MOVED 1 h:1'))).toBeUndefined();
  expect(redirectOf(new StoreError('MOVED 1 h:1'))).toBeUndefined();
});
