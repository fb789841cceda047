import { describe, expect, it } from 'vitest';
import { canonicalPath, readOrigin, readTargetUri } from './target-uri.ts';

describe('readTargetUri()', () => {
  it.each([
    // Of RFC 9449, sections 4.2 and 7.1.
    ['https://server.example.com/token', 'https://server.example.com', '/token'],
    ['https://resource.example.org/protectedresource', 'https://resource.example.org', '/protectedresource'],
    ['https://a.example', 'https://a.example', '/'],
    ['https://a.example/', 'https://a.example', '/'],
    ['HTTPS://A.Example:443/B', 'https://a.example', '/B'],
    ['https://a.example:/b', 'https://a.example', '/b'],
    ['https://a.example:0443/b', 'https://a.example', '/b'],
    ['http://a.example:80/b', 'http://a.example', '/b'],
    ['http://a.example:443/b', 'http://a.example:443', '/b'],
    ['https://a.example./b', 'https://a.example', '/b'],
    ['https://[::1]:8443/b', 'https://[::1]:8443', '/b'],
    ['https://a.example/b?c=/../d', 'https://a.example', '/b'],
    ['https://a.example/b#c', 'https://a.example', '/b'],
    ['https://a.example?b', 'https://a.example', '/'],
    ['https://a.example/%7Eb/%c3%a9', 'https://a.example', '/~b/%C3%A9'],
    ['https://a.example/%41', 'https://a.example', '/A'],
  ])('reads %s', (uri, origin, path) => {
    expect(readTargetUri(uri)).toEqual({ origin, path });
  });

  it.each([
    '',
    '/b',
    'a.example/b',
    'ftp://a.example/b',
    'https:/a.example/b',
    'https:///b',
    'https://a@b.example/c',
    'https://a.example\\b/c',
    'https://a.example:x/b',
    'https://a.example:70000/b',
    ' https://a.example/b',
    'https://a.example/b c',
    'https://a.example/./b',
    'https://a.example/b/../c',
    'https://a.example//b',
    'https://a.example/b;c',
    'https://a.example/b%2Fc',
    'https://a.example/b%252Fc',
    'https://a.example/b\\c',
    'https://a.example/\u212a',
    'https://\u212a.example/b',
  ])('does not read %j', (uri) => {
    expect(readTargetUri(uri)).toBeUndefined();
  });
});

describe('readOrigin()', () => {
  it('reads what a gateway says of the host', () => {
    expect(readOrigin('https', 'API.example.com:443')).toBe('https://api.example.com');
    expect(readOrigin('http', '127.0.0.1:8080')).toBe('http://127.0.0.1:8080');
    expect(readOrigin('https', '')).toBeUndefined();
    expect(readOrigin('https', 'a.example/b')).toBeUndefined();
  });
});

it('canonicalPath() decodes visible ASCII, and nothing that would be another escape', () => {
  expect(canonicalPath('/a%7eb/%20%c3%a9')).toBe('/a~b/%20%C3%A9');
  expect(canonicalPath('/a%40b%3A%25')).toBe('/a@b:%25');
  expect(canonicalPath('/a')).toBe('/a');
});
