import { describe, expect, it } from 'vitest';
import { makeRequest } from '../../../../test/support/core.ts';
import { cookiePlace } from './cookies.ts';
import type { Places } from './places.ts';
import { stripPlaces } from './stripped.ts';

const PLACES: Places = {
  authorization: false,
  headers: [{ name: 'x-api-key', bearer: false }],
  cookies: [cookiePlace('session')],
  websocketProtocol: true,
  queries: ['access_token'],
};

function strip(fields: Readonly<Record<string, string>>, path = '/x') {
  return stripPlaces(makeRequest({ path, fields: new Map(Object.entries(fields)) }), PLACES);
}

describe('stripPlaces()', () => {
  it('removes a header even if none was seen: the gateway may hide it', () => {
    expect(stripPlaces(makeRequest(), PLACES)).toEqual({ set: [], remove: ['x-api-key'], query: [] });
  });

  it('removes fields that the gateway hides as a whole', () => {
    const request = makeRequest({ path: '/x', hidesFields: true, fields: new Map([['cookie', 'a=1; session=tok']]) });
    expect(stripPlaces(request, PLACES)).toEqual({
      set: [['cookie', 'a=1']],
      remove: ['x-api-key', 'sec-websocket-protocol'],
      query: [],
    });
    expect(stripPlaces(makeRequest({ hidesFields: true }), PLACES).remove).toContain('cookie');
  });

  it('leaves the other cookies and subprotocols', () => {
    expect(strip({ cookie: 'a=1; session=tok', 'sec-websocket-protocol': 'bearer, tok, chat' })).toEqual({
      set: [
        ['cookie', 'a=1'],
        ['sec-websocket-protocol', 'chat'],
      ],
      remove: ['x-api-key'],
      query: [],
    });
  });

  it('removes a field of which nothing is left', () => {
    expect(strip({ cookie: 'session=', 'sec-websocket-protocol': 'bearer, tok' })).toEqual({
      set: [],
      remove: ['x-api-key', 'cookie', 'sec-websocket-protocol'],
      query: [],
    });
  });

  it('names a parameter of the query only if the request has it', () => {
    expect(strip({}, '/x?a=1').query).toEqual([]);
    expect(strip({}, '/x?access_token=').query).toEqual(['access_token']);
  });
});
