import { describe, expect, it } from 'vitest';
import type { Listener } from '../../config/config.ts';
import { isMeantForUs } from './host.ts';

const LISTENER: Listener = {
  address: { host: 'Admin.example.com', port: 9195 },
  tls: undefined,
  hosts: ['sallyport.internal.example', '*.svc.cluster.local'],
};

describe('isMeantForUs()', () => {
  it.each([
    undefined,
    '',
    '127.0.0.1:9195',
    '10.1.2.3',
    '[::1]:9195',
    '[2001:db8::1]',
    'localhost:9195',
    'LOCALHOST',
    'sallyport:9195',
    'admin.example.com:9195',
    'admin.example.com.',
    'sallyport.internal.example:9195',
    'Sallyport.Internal.Example',
    'sallyport.default.svc.cluster.local',
  ])('is true of %s', (host) => {
    expect(isMeantForUs(host, LISTENER)).toBe(true);
  });

  it.each([
    'evil.example',
    'evil.example:9195',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'xsallyport.internal.example',
    'a.sallyport.internal.example',
    'svc.cluster.local',
    '[evil.example]',
    '127.0.0.1:9195:1',
    ':9195',
    '.',
  ])('is false of %s', (host) => {
    expect(isMeantForUs(host, LISTENER)).toBe(false);
  });

  it('is true of any host on a Unix socket, which no browser reaches', () => {
    expect(isMeantForUs('evil.example', { address: { path: '/run/s.sock' }, tls: undefined })).toBe(true);
  });
});
