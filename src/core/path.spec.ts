import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePath, readPath } from './path.ts';

describe('readPath()', () => {
  it.each([
    ['/', '/'],
    ['/3rdparty/v1/messages', '/3rdparty/v1/messages'],
    ['/messages/', '/messages/'],
    ['/messages?limit=10', '/messages'],
    ['/messages?next=/../admin//x;y\\z', '/messages'],
    ['/messages??', '/messages'],
    ['/?', '/'],
    ['/.well-known/jwks.json', '/.well-known/jwks.json'],
    ['/...', '/...'],
    ['/a..b/.c/d.', '/a..b/.c/d.'],
    ['/a%20b', '/a%20b'],
    ['/%C3%A9t%c3%a9', '/%C3%A9t%c3%a9'],
    ['/100%25', '/100%25'],
    ['/100%25/2', '/100%25/2'],
    ["/a:b@c!$&'()*+,=~", "/a:b@c!$&'()*+,=~"],
  ])('reads %j as %j', (target, path) => {
    expect(readPath(target)).toBe(path);
  });

  it.each([
    ['no leading slash', ['', '*', 'messages', 'http://api.example.com/messages', 'api.example.com:443', '?/x', '\\x']],
    ['a dot segment', ['/.', '/..', '/./x', '/x/.', '/x/..', '/x/../y', '/x/./y', '/..?q', '/x/..?q', '/../']],
    ['an empty segment', ['//', '//x', '/x//y', '/x//', '///', '//api.example.com/x']],
    ['a path parameter', ['/x;', '/..;/x', '/x;a=b', '/x;/y', '/x%3B', '/x/..%3b/y']],
    ['a fragment', ['/x#', '/x#y', '/x%23', '/#', '/x?a#b']],
    ['a backslash', ['/x\\y', '/..\\x', '/\\', '/x%5Cy', '/x%5cy', '/%5c..']],
    ['an encoded slash', ['/x%2Fy', '/x%2fy', '/%2F', '/%2f%2f']],
    ['an encoded dot', ['/%2E', '/%2e%2e/x', '/.%2e/x', '/%2E./x', '/a%2eb']],
    ['an encoded question mark', ['/x%3F', '/x%3fy', '/x/%3F']],
    ['a space or control byte', ['/x y', '/x\ty', '/x\ny', '/x\r\ny', '/x\0', '/x\x7f', '/ ', '/x?a b', '/x?a\0']],
    ['an encoded control byte', ['/x%00', '/%00', '/x%0d%0ay', '/x%09', '/x%1F', '/x%7f']],
    ['a non-ASCII byte', ['/é', '/x\u2215y', '/\uff0e\uff0e/x', '/x\u0080', '/\ud800']],
    ['broken encoding', ['/%', '/x%', '/x%2', '/x%zz', '/x%2/y', '/%u002f', '/% 2f', '/x%-1']],
    ['bytes that are no UTF-8', ['/%ff', '/%C0%AF', '/%c0%ae%c0%ae/x', '/%E9t', '/%ED%A0%80', '/%F8%80%80%80%AF']],
    ['double encoding', ['/%252f', '/%252e%252e/x', '/%255c', '/%2500', '/x%2541', '/%2525%32%66']],
    ['double encoding in pieces', ['/%25%32%66', '/%252%66', '/%25%32f', '/%25%32%65%25%32%65/x', '/%25%35%63']],
  ])('refuses %s', (_what, targets) => {
    for (const target of targets) expect.soft(readPath(target), target).toBeUndefined();
  });

  it('refuses over 2048 bytes, however long the query may be', () => {
    const longest = `/${'a'.repeat(2047)}`;
    expect(readPath(longest)).toBe(longest);
    expect(readPath(`${longest}?${'q'.repeat(5000)}`)).toBe(longest);
    expect(readPath(`${longest}a`)).toBeUndefined();
    expect(readPath(`${longest}a?q`)).toBeUndefined();
  });

  it('reads nothing that decoding once or twice could turn into another path', () => {
    const piece = fc.constantFrom(
      ...'/ . % 25 2 f F e 5 c 3 b 0 a ; \\ ? #'.split(' '),
      ...'%2f %2e %5c %25 %32 %66 %65 %41 %C3%A9 %c0 %af %3f %00'.split(' '),
      ' ',
      '\0',
    );
    const target = fc.array(piece, { minLength: 1, maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);
    fc.assert(
      fc.property(target, (written) => {
        const path = readPath(written);
        if (path === undefined) return;
        expect(written === path || written.startsWith(`${path}?`)).toBe(true);
        expect(path).toMatch(/^\/[\x21-\x7e]*$/);
        const segments = path.split('/').length;
        for (const reading of [path, decodeAsServers(path), decodeAsServers(decodeAsServers(path))]) {
          expect(reading).not.toMatch(/\/\.{1,2}(?:\/|$)|\/\/|[\\;?#\0-\x1f\x7f]/);
          expect(reading.split('/')).toHaveLength(segments);
        }
        expect(decodeAsServers(decodeAsServers(path))).toBe(decodeAsServers(path));
        expect(decodePath(path)).toBe(decodeAsServers(path));
      }),
      { numRuns: 20_000 },
    );
  });
});

/** As servers decode: every well-formed escape, whatever comes of it, and a `%` that begins none is left. */
function decodeAsServers(path: string): string {
  return path.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
    Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'),
  );
}
