import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeRoute } from '../../test/support/core.ts';
import { readPath } from './path.ts';
import type { Route } from './route.ts';
import { RouteMap } from './route.ts';

describe('RouteMap.match() by path', () => {
  const patterns = [
    '/',
    '/messages',
    '/messages/{id}',
    '/messages/latest',
    '/messages/{id}/parts/',
    '/messages/{id}/parts/{part}',
    '/messages/latest/**',
    '/docs/**',
    '/docs/{page}',
    '/a/b/{x}/d',
    '/a/{y}/c',
    '/end/',
    '/deep/**',
    '/deep/{a}/{b}/x',
  ];
  const routes = new RouteMap(patterns.map((pattern) => makeRoute({ pattern })));

  it.each([
    ['/', '/'],
    ['/messages', '/messages'],
    ['/messages/', 'none'],
    ['/Messages', 'none'],
    ['/message', 'none'],
    ['/messages/1', '/messages/{id}'],
    ['/messages/1/', 'none'],
    ['/messages/%20', '/messages/{id}'],
    ['/messages/{id}', '/messages/{id}'],
    ['/messages/**', '/messages/{id}'],
    ['/messages/latest', '/messages/latest'],
    ['/messages/latest/', '/messages/latest/**'],
    ['/messages/latest/a/b', '/messages/latest/**'],
    ['/messages/1/parts', 'none'],
    ['/messages/1/parts/', '/messages/{id}/parts/'],
    ['/messages/1/parts/2', '/messages/{id}/parts/{part}'],
    ['/messages/1/parts/2/3', 'none'],
    ['/messages/latest/parts/2', '/messages/latest/**'],
    ['/docs', '/docs/**'],
    ['/docs/', '/docs/**'],
    ['/docs/a', '/docs/{page}'],
    ['/docs/a/', '/docs/**'],
    ['/docs/a/b', '/docs/**'],
    ['/docsx', 'none'],
    ['/a/b/c', '/a/{y}/c'],
    ['/a/b/c/d', '/a/b/{x}/d'],
    ['/a//c', 'none'],
    ['/end', 'none'],
    ['/end/', '/end/'],
    ['/end%2D', 'none'],
    ['/deep/1/2/x', '/deep/{a}/{b}/x'],
    ['/deep/1/2/y', '/deep/**'],
    ['/constructor', 'none'],
    ['/__proto__', 'none'],
  ])('of %s is %s', (path, pattern) => {
    expect(name(routes.match('', 'GET', path))).toBe(pattern);
  });

  it.each(['/m%65ssages', '/messages/%6catest', '/%64ocs', '/messages/1/%70arts/2'])(
    'of %s is ambiguous when decoding leads to another rule',
    (path) => {
      expect(routes.match('', 'GET', path)).toBe('ambiguous');
    },
  );

  it('is ambiguous, not the wide rule, when a literal is spelled with an escape', () => {
    const wide = new RouteMap([makeRoute({ pattern: '/**' }), makeRoute({ pattern: '/admin' })]);
    expect(wide.match('', 'GET', '/%61dmin')).toBe('ambiguous');
    expect(name(wide.match('', 'GET', '/%62dmin'))).toBe('/**');
  });

  describe('whose literals are not all visible ASCII', () => {
    const patterns = ['/**', '/café', '/café/{id}', '/a b', '/🙂/x'];
    const readable = new RouteMap(patterns.map((pattern) => makeRoute({ pattern })));

    it.each([
      ['/caf%C3%A9', '/café'],
      ['/caf%C3%A9/1', '/café/{id}'],
      ['/caf%C3%A9/%C3%A9', '/café/{id}'],
      ['/a%20b', '/a b'],
      ['/%F0%9F%99%82/x', '/🙂/x'],
      ['/caf', '/**'],
      ['/cafe%CC%81', '/**'],
      ['/a+b', '/**'],
    ])('matches %s, as clients send it, to %s', (path, pattern) => {
      expect(readPath(path)).toBe(path);
      expect(name(readable.match('', 'GET', path))).toBe(pattern);
    });

    it.each(['/caf%c3%a9', '/caf%C3%a9/1', '/%63af%C3%A9', '/%61%20b', '/%f0%9f%99%82/x'])(
      'takes the other spelling %s for ambiguous, and not for the wide rule',
      (path) => {
        expect(readable.match('', 'GET', path)).toBe('ambiguous');
      },
    );

    it('conflict with themselves', () => {
      expect(new RouteMap([makeRoute({ pattern: '/é' }), makeRoute({ pattern: '/é' })]).conflicts).toHaveLength(1);
    });
  });

  it('lets ** match everything when it stands alone', () => {
    const all = new RouteMap([makeRoute({ pattern: '/**' })]);
    for (const path of ['/', '/a', '/a/', '/a/b']) expect(name(all.match('', 'GET', path))).toBe('/**');
  });
});

describe('RouteMap.match() by method', () => {
  const routes = new RouteMap([
    makeRoute({ pattern: '/r', methods: ['GET'], requirement: { kind: 'public' } }),
    makeRoute({ pattern: '/r', methods: ['POST', 'PUT'] }),
    makeRoute({ pattern: '/any' }),
    makeRoute({ pattern: '/any', methods: ['DELETE'], shadow: true }),
    makeRoute({ pattern: '/head', methods: ['HEAD'], shadow: true }),
    makeRoute({ pattern: '/head', methods: ['GET'] }),
    makeRoute({ pattern: '/get', methods: ['GET'], shadow: true }),
    makeRoute({ pattern: '/get' }),
    makeRoute({ pattern: '/**' }),
  ]);

  it.each([
    ['GET', '/r', ['GET']],
    ['HEAD', '/r', ['GET']],
    ['PUT', '/r', ['POST', 'PUT']],
    ['DELETE', '/r', 'none'],
    ['OPTIONS', '/r', 'none'],
    ['get', '/r', 'none'],
    ['GET ', '/r', 'none'],
    ['DELETE', '/any', ['DELETE']],
    ['GET', '/any', []],
    ['CONNECT', '/any', []],
    ['', '/any', 'none'],
    ['', '/other', 'none'],
    ['HEAD', '/head', ['HEAD']],
    ['HEAD', '/get', ['GET']],
    ['POST', '/get', []],
  ])('of %j at %s is the rule for %j, never one of a wider pattern', (method, path, methods) => {
    const match = routes.match('', method, path);
    expect(typeof match === 'string' ? match : match.methods).toEqual(methods);
  });
});

describe('RouteMap.match() by host', () => {
  const at = (pattern: string, ...hosts: string[]): Route => makeRoute({ pattern, hosts });
  const routes = new RouteMap([
    at('/x'),
    at('/every'),
    at('/x', 'api.example.com', '10.0.0.1'),
    at('/x', '*.example.com'),
    at('/x', '*.eu.example.com'),
    at('/kept', 'kube.example.com'),
  ]);

  it.each([
    ['api.example.com', 'api.example.com,10.0.0.1'],
    ['API.Example.COM', 'api.example.com,10.0.0.1'],
    ['api.example.com.', 'api.example.com,10.0.0.1'],
    ['api.example.com:8443', 'api.example.com,10.0.0.1'],
    ['api.example.com.:443', 'api.example.com,10.0.0.1'],
    ['api.example.com:', 'api.example.com,10.0.0.1'],
    ['10.0.0.1:80', 'api.example.com,10.0.0.1'],
    ['b.example.com', '*.example.com'],
    ['a.b.example.com', '*.example.com'],
    [`${'a.'.repeat(120)}example.com`, '*.example.com'],
    [`${'a.'.repeat(115)}eu.example.com:443`, '*.eu.example.com'],
    [`${'a.'.repeat(120)}example.org`, ''],
    ['a.eu.example.com', '*.eu.example.com'],
    ['eu.example.com', '*.example.com'],
    ['example.com', ''],
    ['badexample.com', ''],
    ['api.example.com.evil.org', ''],
    ['xn--e1afmkfd.example.org', ''],
    ['[2001:db8::1]:443', ''],
    ['', ''],
    [':80', ''],
  ])('of %j is the rule for hosts %j', (host, hosts) => {
    const match = routes.match(host, 'GET', '/x');
    expect(typeof match === 'string' ? match : match.hosts.join()).toBe(hosts);
  });

  it.each([
    'api.example.com..',
    '.example.com',
    '.',
    'a..example.com',
    'api.example.com:80:90',
    'api.example.com:x',
    'user@api.example.com',
    'api.example.com/x',
    'api.example.com,b.example.com',
    'api.example.com b',
    'api.example.com\0',
    'api.example.com\n',
    '*.example.com',
    'api%2eexample.com',
    '\u212aube.example.com',
    'ap\u0131.example.com',
    '[::1',
    'http://api.example.com',
    `${'a.'.repeat(500)}example.com`,
    `${'a'.repeat(300)}.example.com`,
  ])('of the malformed host %j is none, not the rule for every host', (host) => {
    for (const path of ['/x', '/every', '/kept']) expect(routes.match(host, 'GET', path)).toBe('none');
  });

  it('does not fall back to every host when a listed one has no such path', () => {
    expect(routes.match('api.example.com', 'GET', '/every')).toBe('none');
    expect(routes.match('kube.example.com', 'GET', '/x')).toBe('none');
  });

  it('does not look at the host when no rule names one', () => {
    expect(name(new RouteMap([at('/x')]).match('no host at all', 'GET', '/x'))).toBe('/x');
  });
});

describe('RouteMap.conflicts', () => {
  const get = { methods: ['GET'] };

  it.each([
    { when: 'pattern and method are the same', one: get, other: { methods: ['PUT', 'GET'] }, many: 1 },
    { when: 'both are for all other methods', one: {}, other: {}, many: 1 },
    {
      when: 'they differ in parameter names only',
      one: { pattern: '/x/{a}' },
      other: { pattern: '/x/{b}' },
      many: 1,
    },
    { when: 'they share a host', one: { hosts: ['a.b', 'c.d'] }, other: { hosts: ['e.f', 'c.d'] }, many: 1 },
    { when: 'one is for a method, one for the others', one: get, other: {}, many: 0 },
    { when: 'one is for GET, one for HEAD', one: get, other: { methods: ['HEAD'] }, many: 0 },
    { when: 'one is for a host, one for every host', one: { hosts: ['a.b'] }, other: {}, many: 0 },
    { when: 'one has a trailing slash', one: {}, other: { pattern: '/x/' }, many: 0 },
    { when: 'a literal meets a parameter', one: { pattern: '/x/y' }, other: { pattern: '/x/{a}' }, many: 0 },
    { when: 'a parameter meets **', one: { pattern: '/x/**' }, other: { pattern: '/x/{a}' }, many: 0 },
  ])('holds $many when $when', ({ one, other, many }) => {
    const [standing, route] = [makeRoute(one), makeRoute(other)];
    expect(new RouteMap([standing, route]).conflicts).toEqual(many === 0 ? [] : [{ route, standing }]);
  });
});

describe('RouteMap over 10,000 routes', () => {
  const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const pattern = fc
    .tuple(
      fc.array(fc.constantFrom(...letters, '{p}', '{p}'), { minLength: 1, maxLength: 5, size: 'max' }),
      fc.constantFrom('', '', '', '/', '/**'),
    )
    .map(([segments, end]) => `/${segments.join('/')}${end}`);
  const methods = fc.constantFrom<string[]>([], ['GET'], ['POST', 'HEAD']);
  const hosts = fc.constantFrom<string[]>([], ['a.test'], ['*.test'], ['*.b.test']);
  const route = fc.record({ pattern, methods, hosts }).map(makeRoute);
  const written = fc.sample(fc.array(route, { minLength: 20_000, maxLength: 20_000, size: 'max' }), {
    numRuns: 1,
    seed: 20_270_115,
  });
  const taken = new Set(new RouteMap(written.flat()).conflicts.map((conflict) => conflict.route));
  const routes = written
    .flat()
    .filter((one) => !taken.has(one))
    .slice(0, 10_000);
  const map = new RouteMap(routes);

  /** A path that some route is made for, or one like it. */
  const path = fc
    .tuple(fc.constantFrom(...routes), fc.constantFrom('', '/', '/a/b'), fc.array(fc.nat(4), { maxLength: 2 }))
    .map(([{ pattern: of }, rest, changed]) => {
      const segments = of.replace(/\/\*\*$/, rest).split('/');
      for (const index of changed) if (index + 1 < segments.length) segments[index + 1] = index === 2 ? '%61' : 'a';
      return segments.map((part) => (part === '{p}' ? 'c' : part)).join('/');
    });
  const asked = fc.record({
    path,
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE'),
    host: fc.constantFrom('a.test', 'b.test', 'a.b.test', 'other', 'test'),
  });

  it('agrees with a matcher that compares every route', () => {
    expect(map.conflicts).toEqual([]);
    expect(routes).toHaveLength(10_000);
    const reference = new NaiveMatcher(routes);
    const met = new Map<unknown, number>();
    fc.assert(
      fc.property(asked, (question) => {
        fc.pre(readPath(question.path) !== undefined);
        const match = map.match(question.host, question.method, question.path);
        met.set(match, (met.get(match) ?? 0) + 1);
        // Compared by identity first: a failure alone is worth the difference of two routes.
        const expected = reference.match(question);
        if (match !== expected) expect(match).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
    expect(met.size).toBeGreaterThan(300);
    expect(met.get('none')).toBeGreaterThan(10);
    expect(met.get('ambiguous')).toBeGreaterThan(10);
  });
});

/** The rules of contract section 1, one filter after the other, over every route. */
class NaiveMatcher {
  private readonly rules: readonly { route: Route; host: string; shape: string; regexp: RegExp; rank: string }[];

  constructor(routes: readonly Route[]) {
    this.rules = routes.map((route) => {
      const shape = route.pattern.replace(/\{.*?\}/g, '{}');
      const source = shape.replaceAll('{}', '[^/]+').replace(/\/\*\*$/, '(?:/.*)?');
      // Position by position a literal (3) beats a parameter (2), which beats the end (1), which beats `**` (0).
      const parts = `${shape.slice(1)}/$`.replace('/**/$', '/**').split('/');
      const rank = parts.map((part) => ({ '**': 0, $: 1, '{}': 2 })[part] ?? 3).join('');
      return { route, host: route.hosts.join(), shape, regexp: new RegExp(`^${source}$`), rank };
    });
  }

  match({ path, method, host }: { path: string; method: string; host: string }): Route | 'none' | 'ambiguous' {
    const best = this.bestHost(host);
    const shape = this.bestShape(best, path);
    if (shape !== this.bestShape(best, decodeURIComponent(path))) return 'ambiguous';
    const routes = this.rules.filter((rule) => rule.host === best && rule.shape === shape).map(({ route }) => route);
    const listed = (name: string): Route | undefined => routes.find(({ methods }) => methods.includes(name));
    const viaGet = method === 'HEAD' ? listed('GET') : undefined;
    return listed(method) ?? viaGet ?? routes.find(({ methods }) => methods.length === 0) ?? 'none';
  }

  private bestHost(host: string): string {
    const rank = (listed: string): number => (listed === host ? 1000 : listed.length);
    return this.rules
      .map((rule) => rule.host)
      .filter((listed) => [host, ''].includes(listed) || (listed.startsWith('*') && host.endsWith(listed.slice(1))))
      .reduce((best, listed) => (rank(listed) > rank(best) ? listed : best), '');
  }

  private bestShape(host: string, path: string): string | undefined {
    const fitting = this.rules.filter((rule) => rule.host === host && rule.regexp.test(path));
    return fitting.toSorted((left, right) => (left.rank < right.rank ? 1 : -1))[0]?.shape;
  }
}

function name(match: Route | string): string {
  return typeof match === 'string' ? match : match.pattern;
}
