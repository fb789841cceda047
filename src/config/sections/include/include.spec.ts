import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configFrom, fileWith, isOfUse, loadConfigText, problemsOf } from '../../../../test/support/config.ts';
import { loadConfig } from '../../load.ts';
import { formatProblems } from '../../reading/problems.ts';

const ISSUERS = `issuers:
  - { name: own, issuer: us, signing: { algorithm: EdDSA } }
  - { name: partner, audience: sms, algorithms: [HS256], secrets: [{ env: KEY }] }`;
const env = { KEY: 'x'.repeat(64) };

/** A main file whose routes begin at line 8. */
function main(include: string, ...routes: readonly string[]): string {
  const list = routes.map((route) => `\n  - ${route}`).join('');
  const sections = [`include: ${include}`, ISSUERS, 'scopes: { a:read: {}, a:write: {} }', `routes:${list || ' []'}`];
  return fileWith(sections.join('\n'));
}

/** An included file whose routes begin at line 2. */
const routesOf = (...routes: readonly string[]): string => `routes:\n${routes.map((one) => `  - ${one}\n`).join('')}`;

const problems = (text: string, files: Readonly<Record<string, string>>): string[] => problemsOf(text, { env, files });

describe('include', () => {
  it('adds the routes of files in the order of their names, and knows where each is written', () => {
    const files = {
      'routes.d/b.yaml': routesOf('{ path: /b, scope: b:read }'),
      'routes.d/a.yaml': `scopes: { b:read: { description: B } }\n${routesOf('{ path: /a, scope: a:read }')}`,
      'routes.d/.hidden.yaml': 'nonsense',
      'routes.d/notes.txt': 'nonsense',
    };
    const config = configFrom(main('[routes.d/*.yaml]', '{ path: /m, scope: b:read }'), { env, files });
    const places = config.routes.map((route) => {
      const { file, line } = config.routePlaces.get(route) ?? { file: '', line: 0 };
      return `${route.pattern} ${file.split('/').slice(-2).join('/')}:${line}`;
    });
    expect(places[0]).toMatch(/^\/m .*\/sallyport\.yaml:9$/);
    expect(places.slice(1)).toEqual(['/a routes.d/a.yaml:3', '/b routes.d/b.yaml:2']);
    expect([...config.scopes.keys()]).toEqual(['a:read', 'a:write', 'b:read']);
  });

  it('reads folders with a wildcard, and entries in the order in which they are written', () => {
    const files = {
      'teams/x/routes.yaml': routesOf('{ path: /x, public: true }'),
      'teams/y/routes.yaml': routesOf('{ path: /y, public: true }'),
      'teams/z/other.yaml': 'nonsense',
      'first.yml': routesOf('{ path: /f, public: true }'),
    };
    const config = configFrom(main('[first.yml, { files: teams/*/routes.yaml }]'), { env, files });
    expect(config.routes.map(({ pattern }) => pattern)).toEqual(['/f', '/x', '/y']);
  });

  it('warns of a glob that matches nothing, but refuses a folder that does not exist', () => {
    const files = { 'routes.d/none.txt': '' };
    const loaded = loadConfigText(main('[routes.d/*.yaml]'), { env, files });
    expect(loaded.ok && loaded.warnings.filter((one) => !isOfUse(one)).map(({ message }) => message)).toEqual([
      "no file matches 'routes.d/*.yaml': it adds no routes",
    ]);
    expect(problems(main('[routes.d/*.yaml]'), {})).toEqual([
      expect.stringMatching(/^3:11: include\[0\]: cannot read the folder '.*': no such folder$/),
    ]);
    expect(problems(main('[routes.d/a.yaml]'), {})).toEqual([
      'routes.d/a.yaml:1:1: cannot read the file: no such file',
    ]);
  });

  it.each([
    ['[routes.d/**/a.yaml]', "include[0]: '**' is not supported: write one * for each folder"],
    ['["routes.d/{a,b}.yaml"]', 'include[0]: only * and ? are supported in the name of a file'],
    ['[routes.d/]', "include[0]: 'routes.d/' is a folder: write 'routes.d/*.yaml'"],
    ['routes.d/*.yaml', 'include: expected a list, found a string'],
    [
      '[5]',
      "include[0]: expected a path such as 'routes.d/*.yaml', or a map with files, paths, hosts and scopes, found 5",
    ],
    ['[{ files: a.yaml, path: /a }]', "include[0]: unknown key 'path', did you mean 'paths'?"],
    ['[{ files: a.yaml, paths: [/a/**] }]', "include[0].paths[0]: leave '/**' out: a path permits everything below it"],
    [
      '[{ files: a.yaml, paths: [/a/] }]',
      "include[0].paths[0]: write the path without '/' at its end: it permits everything below it",
    ],
    [
      '[{ files: a.yaml, hosts: ["*"] }]',
      "include[0].hosts[0]: expected a host name such as 'api.example.com' or '*.example.com', found '*'",
    ],
    [
      '[{ files: a.yaml, scopes: ["*"] }]',
      "include[0].scopes[0]: expected a scope such as 'messages:send', or 'messages:*', found '*'",
    ],
    ['["*.yaml"]', "include[0]: 'sallyport.yaml' is this file itself: keep included files in a folder of their own"],
    ['[a.yaml, "?.yaml"]', "include[1]: 'a.yaml' is already included by include[0]: a file belongs to one entry"],
  ])('%s', (include, problem) => {
    const found = problems(main(include), { 'a.yaml': 'routes: []' });
    expect(found.map((one) => one.replace(/^3:[0-9]+: /, ''))).toEqual([problem]);
  });
});

describe('an included file', () => {
  it.each([
    ['', "1:1: the file is empty: write 'routes: []' for none"],
    ['# nothing\n', "1:1: the file is empty: write 'routes: []' for none"],
    ['- a', '1:1: expected a map, found a list'],
    ['scopes: {}', '1:1: routes: missing: expected a list'],
    ['routes:', '1:1: routes: expected a list, found nothing'],
    ['routes: [{ path: /a, public: true ', '1:35: a { before this place has no closing }'],
    ['routes: []\ninclude: [b.yaml]', '2:1: an included file cannot include others: list them in the main file'],
    ['routes: []\nlisten: {}', "2:1: 'listen' belongs in the main file: an included file has only routes and scopes"],
    ['routes: []\nversion: 1', "2:1: 'version' belongs in the main file: an included file has only routes and scopes"],
    ['route: []', "1:1: unknown key 'route', did you mean 'routes'?"],
    [
      'routes:\n  - { path: /a, scope: a:raed }',
      "2:24: routes[0].scope: unknown scope 'a:raed', did you mean 'a:read'?",
    ],
    [
      'routes: []\nscopes: { a:read: {} }',
      "2:11: scopes: 'a:read' is already defined at sallyport.yaml:7: define it in one file",
    ],
    ['routes: []\nscopes: { x: {} }', "2:11: scopes: expected a scope name such as 'messages:send', found 'x'"],
    [`routes: []\n# ${'x'.repeat(131_072)}`, '1:1: the file is too large: at most 131072 bytes are read'],
    [
      `routes: [{ path: /a, public: true, hosts: [${'x'.repeat(254)}] }]`,
      '1:44: routes[0].hosts[0]: a host name has at most 253 characters',
    ],
  ])('%j', (text, problem) => {
    expect(problems(main('[a.yaml]'), { 'a.yaml': text })).toEqual([`a.yaml:${problem}`]);
  });

  it('that cannot be parsed leaves no scope unknown', () => {
    const files = { 'a.yaml': 'scopes: { b:read: {} }\nroutes: [', 'b.yaml': routesOf('{ path: /b, scope: b:read }') };
    expect(problems(main('["?.yaml"]'), files)).toEqual([expect.stringMatching(/^a\.yaml:2:/)]);
  });

  it('shares the scopes that each file defines with all files, and each only once', () => {
    const files = {
      'a.yaml': 'scopes: { b:read: {} }\nroutes: []',
      'b.yaml': 'routes: []\nscopes: { b:read: {} }',
    };
    expect(problems(main('["?.yaml"]'), files)).toEqual([
      "b.yaml:2:11: scopes: 'b:read' is already defined at a.yaml:1: define it in one file",
    ]);
  });
});

describe('files of a stranger', () => {
  it('are too large together', () => {
    const text = `routes: []\n# ${'x'.repeat(131_000)}`;
    const files = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`${index}.yaml`, text]));
    expect(problems(main('["?.yaml"]'), files)).toEqual([
      '3:11: include[0]: the included files are too large: at most 1048576 bytes of all together are read',
    ]);
  });

  it('are refused where the comparison of their routes would stop a running instance for long', () => {
    const many = (path: (index: number) => string): string =>
      routesOf(...Array.from({ length: 1_800 }, (_, index) => `{ path: "${path(index)}", public: true }`));
    const files = { 'a.yaml': many((index) => `/{a}/b${index}`), 'b.yaml': many((index) => `/c${index}/{d}`) };
    expect(problems(main('["?.yaml"]'), files)).toEqual([
      expect.stringMatching(
        /^[ab]\.yaml:2:5: routes\[0\]: the routes of included files overlap so often .*: write literal paths/,
      ),
    ]);
  });
});

describe('the limits of an entry', () => {
  const limited = (limits: string, text: string): string[] =>
    problems(main(`[{ files: a.yaml, ${limits} }]`), { 'a.yaml': text });

  it.each(['/v1/messages', '/v1/messages/', '/v1/messages/{id}', '/v1/messages/**', '/t/a/m', '/t/{x}/m/b'])(
    'permit %s',
    (path) => {
      expect(limited('paths: [/v1/messages, "/t/{id}/m"]', routesOf(`{ path: "${path}", public: true }`))).toEqual([]);
    },
  );

  it.each(['/v1/messages2', '/v1/{x}', '/v1/**', '/**', '/v1', '/{x}/messages', '/t/**', '/t//m'])(
    'refuse %s',
    (path) => {
      const found = limited('paths: [/v1/messages, "/t/{id}/m"]', routesOf(`{ path: "${path}", public: true }`));
      expect(found).toEqual([expect.stringMatching(/^a\.yaml:2:/)]);
    },
  );

  it('name the main file', () => {
    expect(limited('paths: [/v1/messages]', routesOf('{ path: /v1/devices, public: true }'))).toEqual([
      "a.yaml:2:13: routes[0].path: '/v1/devices' is outside the paths of this file, '/v1/messages' (include.paths of the main file)",
    ]);
  });

  it('require hosts, and only those that are permitted', () => {
    const text = routesOf(
      '{ path: /a, public: true }',
      '{ path: /b, public: true, hosts: [api.example.com, x.internal] }',
      '{ path: /c, public: true, hosts: ["*.example.com", "*.eu.example.com"] }',
      '{ path: /d, public: true, hosts: [example.com] }',
    );
    const permitted = "'*.example.com' (include.hosts of the main file)";
    expect(limited('hosts: ["*.example.com"]', text)).toEqual([
      `a.yaml:2:5: routes[0]: a route of this file must list its hosts: ${permitted}`,
      `a.yaml:3:56: routes[1].hosts[1]: 'x.internal' is not among the hosts of this file, ${permitted}`,
      `a.yaml:5:39: routes[3].hosts[0]: 'example.com' is not among the hosts of this file, ${permitted}`,
    ]);
  });

  it('restrict the scopes that it may define', () => {
    const text = 'routes: []\nscopes: { m:a: {}, n:a: {}, n:b: {}, mm:a: {} }';
    const permitted = "'m:*' and 'n:a' (include.scopes of the main file)";
    expect(limited('scopes: ["m:*", n:a]', text)).toEqual([
      `a.yaml:2:29: scopes: 'n:b' is not among the scopes of this file, ${permitted}`,
      `a.yaml:2:38: scopes: 'mm:a' is not among the scopes of this file, ${permitted}`,
    ]);
  });
});

describe('a conflict', () => {
  it('names both files', () => {
    const files = {
      'a.yaml': routesOf('{ path: /x, public: true }', '{ path: /m, scope: a:read }'),
      'b.yaml': routesOf('{ path: /x, public: true }'),
    };
    expect(problems(main('["?.yaml"]', '{ path: /m, scope: a:read }'), files)).toEqual([
      "a.yaml:3:5: routes[1]: '/m' conflicts with '/m', routes[0] at sallyport.yaml:9: both match the same requests",
      "b.yaml:2:5: routes[0]: '/x' conflicts with '/x', routes[0] at a.yaml:2: both match the same requests",
    ]);
  });

  it('between two files of one route each is found through a link, too', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-include-'));
    try {
      writeFileSync(join(folder, 'sallyport.yaml'), main('["?.yaml"]'));
      writeFileSync(join(folder, 'a.yaml'), routesOf('{ path: /x, public: true }'));
      symlinkSync('a.yaml', join(folder, 'b.yaml'));
      const loaded = loadConfig(join(folder, 'sallyport.yaml'), env);
      expect(loaded.ok ? '' : formatProblems(loaded.problems)).toContain("conflicts with '/x', routes[0] at");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a file in the file system', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-include-'));
    file = join(folder, 'sallyport.yaml');
    mkdirSync(join(folder, 'd'));
    writeFileSync(file, main('[d/*.yaml]'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const load = (): string => {
    const loaded = loadConfig(file, env);
    return loaded.ok ? 'valid' : formatProblems(loaded.problems).replaceAll(`${folder}/`, '');
  };

  it('may be a link, as in a volume of Kubernetes, whose hidden folders are not read', () => {
    mkdirSync(join(folder, 'd/..v1'));
    writeFileSync(join(folder, 'd/..v1/a.yaml'), routesOf('{ path: /a, public: true }'));
    symlinkSync('..v1', join(folder, 'd/..data'));
    symlinkSync('..data/a.yaml', join(folder, 'd/a.yaml'));
    expect(load()).toBe('valid');
    expect(loadConfig(file, env)).toMatchObject({
      files: [file, join(folder, 'd/a.yaml')],
      globs: [join(folder, 'd/*.yaml')],
    });
  });

  it('is an error if it is a directory, a link that leads nowhere, or a device', () => {
    mkdirSync(join(folder, 'd/a.yaml'));
    symlinkSync('missing', join(folder, 'd/b.yaml'));
    symlinkSync('/dev/zero', join(folder, 'd/c.yaml'));
    expect(load()).toBe(
      [
        'd/a.yaml:1:1: cannot read the file: it is a directory',
        'd/b.yaml:1:1: cannot read the file: no such file',
        'd/c.yaml:1:1: cannot read the file: it is neither a regular file nor a link to one',
      ].join('\n'),
    );
  });

  it('is one of at most 500', () => {
    for (let index = 0; index <= 500; index++) writeFileSync(join(folder, `d/${index}.yaml`), 'routes: []');
    expect(load()).toBe('sallyport.yaml:3:11: include[0]: too many files: at most 500 can be included');
  });
});
