import { expect, it } from 'vitest';
import { clientAddress } from './client-address.ts';

const TRUSTED = ['127.0.0.0/8', '::1', '10.0.0.0/8'];

it.each([
  ['nobody', undefined, '192.0.2.1', undefined],
  ['a peer that says nothing', '192.0.2.9', undefined, '192.0.2.9'],
  ['a peer that is no proxy', '192.0.2.9', '192.0.2.1', '192.0.2.9'],
  ['a proxy', '127.0.0.1', '192.0.2.1', '192.0.2.1'],
  ['a proxy, whatever the client wrote before', '127.0.0.1', '198.51.100.1, 192.0.2.1', '192.0.2.1'],
  ['two proxies', '::1', '198.51.100.1,192.0.2.1 , 10.1.2.3', '192.0.2.1'],
  ['proxies alone', '127.0.0.1', '10.0.0.1', '10.0.0.1'],
  ['an IPv6 client', '127.0.0.1', '2001:db8::1', '2001:db8::1'],
  ['what is no address', '127.0.0.1', '192.0.2.1, unknown', '127.0.0.1'],
  ['an address with a port', '127.0.0.1', '192.0.2.1:443', '127.0.0.1'],
  ['nothing', '127.0.0.1', '', '127.0.0.1'],
])('clientAddress() of %s', (_what, peer, forwardedFor, address) => {
  expect(clientAddress(peer, forwardedFor, TRUSTED)).toBe(address);
});
