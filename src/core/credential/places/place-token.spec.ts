import { describe, expect, it } from 'vitest';
import { makeRequest } from '../../../../test/support/core.ts';
import { cookiePlace } from './cookies.ts';
import { isPlace, placeToken } from './place-token.ts';
import { readPlaces } from './read-places.ts';

const EVERY = {
  authorization: true,
  headers: [{ name: 'x-api-key', bearer: false }],
  cookies: [cookiePlace('session')],
  websocketProtocol: true,
  queries: ['access_token'],
};

describe('placeToken()', () => {
  it.each(['authorization', 'websocketProtocol', 'header:X-Api-Key', 'cookie:session', 'query:access_token'])(
    'puts a token where a route that reads %s finds it',
    (place) => {
      expect(isPlace(place)).toBe(true);
      for (const path of ['/x', '/x?a=1']) {
        const request = placeToken(makeRequest({ path }), place, 'a+b/c=');
        expect(readPlaces(request, EVERY, {})).toEqual({ scheme: 'bearer', value: 'a+b/c=' });
      }
    },
  );

  it('keeps the other fields', () => {
    const fields = new Map([['origin', 'https://evil.example']]);
    const request = placeToken(makeRequest({ method: 'POST', fields }), 'cookie:session', 'tok');
    expect(readPlaces(request, EVERY, {})).toMatchObject({ scheme: 'misplaced', check: 'origin' });
  });

  it.each(['', 'cookie', 'cookie:', 'cookie:a b', 'body:a', 'Authorization', 'header:a\nb'])(
    'knows no place %j',
    (text) => {
      expect(isPlace(text)).toBe(false);
    },
  );
});
