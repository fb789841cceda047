import { describe, expect, it } from 'vitest';
import { clearedCookie, readCookie, sessionCookie } from './cookie.ts';

const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln-_';

it('sessionCookie() binds the cookie to this host and keeps it from scripts and other sites', () => {
  expect(sessionCookie(TOKEN, 3_600)).toBe(
    `__Host-sallyport=${TOKEN}; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Strict`,
  );
});

it('clearedCookie() has the same attributes, which a browser needs to delete the cookie', () => {
  expect(clearedCookie()).toBe('__Host-sallyport=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict');
});

describe('readCookie()', () => {
  it.each([
    [`__Host-sallyport=${TOKEN}`, TOKEN],
    [`theme=dark; __Host-sallyport=${TOKEN}; x=y`, TOKEN],
    [undefined, undefined],
    ['', undefined],
    ['theme=dark', undefined],
    ['__Host-sallyport=', undefined],
    ['__Host-sallyport=x', undefined],
    [`__Host-sallyport=${TOKEN}, Bearer ${TOKEN}`, undefined],
    [`__Host-sallyport="${TOKEN}"`, undefined],
    [`__host-sallyport=${TOKEN}`, undefined],
    [`sallyport=${TOKEN}`, undefined],
    [`x__Host-sallyport=${TOKEN}`, undefined],
    [`__Host-sallyport=${TOKEN}; __Host-sallyport=${TOKEN}`, undefined],
  ])('reads %j as %j', (field, token) => {
    expect(readCookie(field)).toBe(token);
  });
});
