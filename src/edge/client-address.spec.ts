import { describe, expect, it } from 'vitest';
import { ClientAddresses, isProxy, isTrusted, readClient } from './client-address.ts';

const TRUSTED = ['127.0.0.0/8', '::1', '10.0.0.0/8'];

describe('readClient()', () => {
  it.each([
    ['no peer', undefined, '192.0.2.1', undefined],
    ['a peer that says nothing', '192.0.2.9', undefined, '192.0.2.9'],
    ['a peer that is no proxy', '192.0.2.9', '192.0.2.1', '192.0.2.9'],
    ['a peer that is no address', 'internal', '192.0.2.1', 'internal'],
    ['a proxy', '127.0.0.1', '192.0.2.1', '192.0.2.1'],
    ['a proxy in IPv6 form', '::ffff:127.0.0.1', '192.0.2.1', '192.0.2.1'],
    ['a client in IPv6 form', '::ffff:192.0.2.9', undefined, '192.0.2.9'],
    ['a proxy, whatever the client wrote before', '127.0.0.1', '198.51.100.1, 192.0.2.1', '192.0.2.1'],
    ['two proxies', '::1', '198.51.100.1,192.0.2.1 , 10.1.2.3', '192.0.2.1'],
    ['two proxies, with ports', '::1', '198.51.100.1,192.0.2.1:5000 , 10.1.2.3:443', '192.0.2.1'],
    ['proxies alone', '127.0.0.1', '10.0.0.1', '10.0.0.1'],
    ['an IPv6 client', '127.0.0.1', '2001:db8::1', '2001:db8::1'],
    ['an IPv6 client with a port', '127.0.0.1', '"[2001:db8::1]:4711"', '2001:db8::1'],
    ['what is no address', '127.0.0.1', '192.0.2.1, unknown', '127.0.0.1'],
    ['what is no address behind a second proxy', '127.0.0.1', '192.0.2.1, _x, 10.0.0.1', '10.0.0.1'],
    ['an address with a port', '127.0.0.1', '192.0.2.1:443', '192.0.2.1'],
    ['nothing', '127.0.0.1', '', '127.0.0.1'],
    ['thousands of proxies', '127.0.0.1', `192.0.2.1${',10.0.0.1'.repeat(5_000)}`, '192.0.2.1'],
    ['a proxy behind thousands of commas', '127.0.0.1', `${','.repeat(50_000)}192.0.2.1`, '192.0.2.1'],
    ['an empty hop', '127.0.0.1', '192.0.2.1,,10.0.0.1', '10.0.0.1'],
    ['an empty first hop', '127.0.0.1', ',10.0.0.1', '10.0.0.1'],
  ])('of %s', (_what, peer, forwardedFor, client) => {
    expect(readClient(peer, forwardedFor, TRUSTED).client).toBe(client);
  });

  it('gives one client one address, whatever its port', () => {
    const ports = [1, 443, 65535].map((port) => readClient('127.0.0.1', `198.51.100.9:${port}`, TRUSTED).client);
    expect(new Set(ports)).toEqual(new Set(['198.51.100.9']));
  });
});

describe('ClientAddresses', () => {
  it.each([
    ['192.0.2.9', '198.51.100.1', ['tokens 192.0.2.9']],
    ['192.0.2.9', '198.51.100.1, 192.0.2.9', ['tokens 192.0.2.9']],
    ['192.0.2.9', 'unknown', ['tokens 192.0.2.9']],
    ['192.0.2.9', '192.0.2.9', []],
    ['192.0.2.9', '192.0.2.9:443', []],
    ['192.0.2.9', ' ', []],
    ['192.0.2.9', ',, ,', []],
    ['192.0.2.9', ' ,192.0.2.9', []],
    ['192.0.2.9', '192.0.2.9,', ['tokens 192.0.2.9']],
    ['192.0.2.9', undefined, []],
    ['127.0.0.1', '198.51.100.1', []],
    ['127.0.0.1', 'unknown', []],
    [undefined, '198.51.100.1', []],
  ])('tells whose word does not count: %s with %s', (peer, forwardedFor, expected) => {
    const told: string[] = [];
    const observer = { forwardedForIgnored: (door: string, who: string) => told.push(`${door} ${who}`) };
    new ClientAddresses('tokens', () => TRUSTED, observer).read(peer, forwardedFor);
    expect(told).toEqual(expected);
  });
});

describe('ClientAddresses.read() of a request with further X-Forwarded-* fields', () => {
  it.each([
    ['192.0.2.9', undefined, ['tokens 192.0.2.9']],
    ['192.0.2.9', '198.51.100.1', ['tokens 192.0.2.9']],
    ['127.0.0.1', undefined, []],
    [undefined, undefined, []],
  ])('tells once whose word does not count: %s with %s', (peer, forwardedFor, expected) => {
    const told: string[] = [];
    const observer = { forwardedForIgnored: (door: string, who: string) => told.push(`${door} ${who}`) };
    new ClientAddresses('tokens', () => TRUSTED, observer).read(peer, forwardedFor, true);
    expect(told).toEqual(expected);
  });
});

describe('ClientAddresses.readTrusted()', () => {
  it.each([
    ['127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['127.0.0.1', undefined, '127.0.0.1'],
    ['192.0.2.9', '198.51.100.1', '192.0.2.9'],
    // Behind a Unix socket, which has no address.
    [undefined, '198.51.100.1', '198.51.100.1'],
    [undefined, '203.0.113.1, 198.51.100.1', '198.51.100.1'],
    [undefined, '198.51.100.1, 127.0.0.1', '198.51.100.1'],
    [undefined, 'unknown', undefined],
    [undefined, undefined, undefined],
  ])('reads the client behind %s with %s, and reports nothing', (peer, forwardedFor, expected) => {
    const observer = { forwardedForIgnored: () => expect.unreachable() };
    expect(new ClientAddresses('verify', () => TRUSTED, observer).readTrusted(peer, forwardedFor)).toBe(expected);
  });
});

describe('isProxy()', () => {
  it.each([
    ['127.0.0.1', true],
    ['::ffff:127.0.0.1', true],
    ['192.0.2.9', false],
    [undefined, false],
  ])('of %s', (peer, expected) => {
    expect(isProxy(peer, ['127.0.0.1'])).toBe(expected);
  });
});

describe('isTrusted()', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.255.255.254', true],
    ['::ffff:127.0.0.1', true],
    ['128.0.0.1', false],
    ['::1', true],
    ['::2', false],
    ['2001:db8::5', true],
    ['2001:db9::5', false],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['', false],
    ['nonsense', false],
  ])('of %j', (address, trusted) => {
    expect(isTrusted(address, ['127.0.0.0/8', '::1', '2001:db8::/32', '192.0.2.7'])).toBe(trusted);
  });

  it('trusts no address with an empty list', () => {
    expect(isTrusted('127.0.0.1', [])).toBe(false);
  });
});
