import { describe, expect, it } from 'vitest';
import { isSameOrigin } from './same-origin.ts';

const HOST = 'sms.example.com';

describe('isSameOrigin()', () => {
  it.each([
    ['https://sms.example.com', 'same-origin', HOST],
    ['https://sms.example.com', undefined, HOST],
    [undefined, 'same-origin', HOST],
    ['https://sms.example.com', 'same-origin', 'SMS.example.com'],
    ['https://sms.example.com:8443', 'same-origin', `${HOST}:8443`],
    ['http://127.0.0.1:8080', 'same-origin', '127.0.0.1:8080'],
    ['http://localhost:8080', 'same-origin', 'localhost:8080'],
    ['http://[::1]:8080', undefined, '[::1]:8080'],
    // Behind a proxy that rewrites the host or drops its port, Sec-Fetch-Site is decisive.
    ['https://sms.example.com', 'same-origin', '10.0.0.7:9192'],
    ['https://sms.example.com:8443', 'same-origin', HOST],
    ['http://localhost:8080', 'same-origin', 'sallyport'],
  ])('accepts Origin %j with Sec-Fetch-Site %j at %s', (origin, site, host) => {
    expect(isSameOrigin({ origin, 'sec-fetch-site': site }, host)).toBe(true);
  });

  it.each([
    [undefined, undefined, HOST],
    ['null', 'same-origin', HOST],
    ['', 'same-origin', HOST],
    ['https://evil.example', undefined, HOST],
    ['https://sms.example.com', undefined, '10.0.0.7:9192'],
    ['https://sms.example.com:8443', undefined, HOST],
    ['https://sms.example.com', 'SAME-ORIGIN', HOST],
    ['https://sms.example.com', 'same-origin, same-origin', HOST],
    ['https://sms.example.com', 'cross-site', HOST],
    ['https://sms.example.com', 'same-site', HOST],
    ['https://sms.example.com', 'none', HOST],
    [undefined, 'cross-site', HOST],
    [undefined, 'same-site', HOST],
    [undefined, 'none', HOST],
    ['https://other.example.com', 'same-site', HOST],
    ['https://sms.example.com.evil.example', undefined, HOST],
    ['https://sms.example.com/', undefined, HOST],
    ['https://user@sms.example.com', undefined, HOST],
    ['http://sms.example.com', 'same-origin', HOST],
    ['http://127.0.0.1.evil.example', 'same-origin', '127.0.0.1.evil.example'],
    ['ftp://sms.example.com', 'same-origin', HOST],
  ])('refuses Origin %j with Sec-Fetch-Site %j at %s', (origin, site, host) => {
    expect(isSameOrigin({ origin, 'sec-fetch-site': site }, host)).toBe(false);
  });
});
