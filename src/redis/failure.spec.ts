import { describe, expect, it } from 'vitest';
import { StoreError } from '../core/ports.ts';
import { isLasting, storeErrorFrom } from './failure.ts';

const place = { name: 'redis://h:6379/0', password: 'hunter2' };

describe('storeErrorFrom()', () => {
  it('returns a StoreError unchanged', () => {
    const error = new StoreError('the store is closed');
    expect(storeErrorFrom(place, error)).toBe(error);
  });

  it('drops the command, the password and the arguments', () => {
    const error = Object.assign(replyError("ERR unknown command 'auth', with args beginning with: 'me' 'hunter2'"), {
      command: { name: 'auth', args: ['me', 'hunter2'] },
    });
    const { message, cause } = storeErrorFrom(place, error);
    expect(message).toBe(`Redis store "redis://h:6379/0": ERR unknown command 'auth'`);
    expect(cause).not.toHaveProperty('command');
    expect(storeErrorFrom(place, new Error('hunter2 failed')).message).toContain('[password] failed');
  });

  it.each([
    [replyError('LOADING Redis is loading the dataset in memory'), 'is still loading its data'],
    [replyError("READONLY You can't write against a read only replica."), 'name the primary'],
    [replyError("OOM command not allowed when used memory > 'maxmemory'."), 'maxmemory'],
    [replyError('MISCONF Redis is configured to save RDB snapshots'), 'cannot save'],
    [replyError('MOVED 3999 127.0.0.1:6381'), 'cluster'],
    [Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' }), 'nothing listens there'],
    [new Error('Reached the max retries per request limit (which is 0).'), 'closed the connection'],
    [new Error("Stream isn't writeable and enableOfflineQueue options is false"), 'is not connected'],
    ['a string', 'a string'],
  ])('explains %s', (error, words) => {
    expect(storeErrorFrom(place, error).message).toContain(words);
    expect(isLasting(error)).toBe(false);
  });

  it.each([
    replyError('WRONGPASS invalid username-password pair'),
    replyError('NOAUTH Authentication required.'),
    replyError("NOPERM this user has no permissions to run the 'info' command"),
    Object.assign(new Error('x'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }),
    Object.assign(new Error('x'), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' }),
  ])('treats %s as lasting', (error) => {
    expect(isLasting(error)).toBe(true);
  });
});

function replyError(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}
