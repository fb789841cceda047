import { describe, expect, it } from 'vitest';
import { collide, isAddressRange, isLoopback, parseAddress } from './addresses.ts';

describe('parseAddress()', () => {
  it.each([
    ['127.0.0.1:9191', { host: '127.0.0.1', port: 9191 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:65535', { host: '::1', port: 65_535 }],
    ['unix:/run/sallyport.sock', { path: '/run/sallyport.sock' }],
    ['unix:run.sock', { path: 'run.sock' }],
  ])('reads %s', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
  });

  it.each([
    '',
    '9191',
    ':9191',
    '*:9191',
    'host:',
    'host:65536',
    'host:01',
    '::1:9191',
    '[::1]',
    '[127.0.0.1]:1',
    '127.0.0.999:1',
    'http://host:1',
    'unix:',
    'unix:a\0b',
  ])('refuses %j', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe('isLoopback()', () => {
  it.each(['127.0.0.1', '127.255.0.9', '::1', 'localhost', 'LOCALHOST'])('holds for %s', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.com', 'localhost.example.com', '128.0.0.1'])(
    'does not hold for %s',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});

describe('collide()', () => {
  const at = (host: string, port: number) => ({ host, port });

  it.each([
    [at('127.0.0.1', 1), at('127.0.0.1', 1), true],
    [at('127.0.0.1', 1), at('127.0.0.1', 2), false],
    [at('127.0.0.1', 0), at('127.0.0.1', 0), false],
    [at('127.0.0.1', 1), at('10.0.0.1', 1), false],
    [at('0.0.0.0', 1), at('10.0.0.1', 1), true],
    [at('127.0.0.1', 1), at('::', 1), true],
    [{ path: '/a' }, { path: '/a' }, true],
    [{ path: '/a' }, { path: '/b' }, false],
    [{ path: '/a' }, at('127.0.0.1', 1), false],
  ])('of %j and %j is %s', (left, right, answer) => {
    expect(collide(left, right)).toBe(answer);
  });
});

describe('isAddressRange()', () => {
  it.each(['10.0.0.0/8', '127.0.0.1', '::1', '2001:db8::/32', '0.0.0.0/0', '::/128'])('accepts %s', (text) => {
    expect(isAddressRange(text)).toBe(true);
  });

  it.each(['', 'localhost', '10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/08', '10.0.0/8', 'fe80::1%eth0'])(
    'refuses %j',
    (text) => {
      expect(isAddressRange(text)).toBe(false);
    },
  );
});
