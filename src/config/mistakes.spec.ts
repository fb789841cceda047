import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { problemsOf } from '../../test/support/config.ts';

const EXAMPLE = readFileSync(new URL('../../sallyport.yaml', import.meta.url), 'utf8');
const DEVICES = '  - { method: GET, path: /3rdparty/v1/devices';
const CORPORATE = `  - name: corporate
    issuer: https://login.example.com
    audience: sms-api
    algorithms: [RS256]
    discovery: true
`;

function lineOf(text: string, part: string): number {
  return text.slice(0, text.indexOf(part)).split('\n').length;
}

/** Returns the problems of the example after one change; `LINE` stands for the line of the change. */
function problemsAfter(from: string, to: string): string[] {
  expect(EXAMPLE.split(from)).toHaveLength(2);
  const line = lineOf(EXAMPLE, from);
  return problemsOf(EXAMPLE.replace(from, to)).map((problem) =>
    problem.replace(/^[0-9]+/, (at) => (Number(at) === line ? 'LINE' : at)),
  );
}

/** Mistakes of a new user. Each yields one message, at its line, that says what to do. */
describe('typical mistakes', () => {
  it('start from a valid example', () => {
    expect(problemsOf(EXAMPLE)).toEqual([]);
  });

  const under = 'entries of a map or list begin at the same column, under their key';
  it.each([
    ['a list entry too far left', DEVICES, DEVICES.slice(1), 2, 3],
    ['a list entry at the margin', DEVICES, DEVICES.slice(2), 1, 3],
    ['a list entry too far right', DEVICES, `  ${DEVICES}`, 5, 3],
    ['a key too far left', '  tokens: 127', ' tokens: 127', 2, 3],
    ['a key too far right', '  tokens: 127', '    tokens: 127', 5, 3],
    ['a section that is indented', 'clockSkew:', '  clockSkew:', 3, 1],
    ['a key of a list entry too far left', '    issuer: https', '   issuer: https', 4, 5],
    ['a key of a list entry too far right', '    issuer: https', '      issuer: https', 7, 5],
  ])('indentation: %s', (_what, from, to, column, before) => {
    const [problem = '', ...more] = problemsAfter(from, to);
    expect(problem.replace(/^LINE:[0-9]+: /, '')).toBe(
      `wrong indentation: this line begins at column ${column}, the line before it at column ${before}; ${under}`,
    );
    expect(more).toEqual([]);
  });

  it('indentation: a list without a key before it', () => {
    expect(problemsAfter('routes: #', '# routes:').map((problem) => problem.replace(/^26:3: /, ''))).toEqual([
      expect.stringMatching(/^wrong indentation: this line begins at column 3, the line before it at column 1;/),
    ]);
  });

  it.each([
    ['a tab', '  tokens: 127', '\ttokens: 127', 'LINE:1: this line is indented with a tab: use spaces'],
    [
      'no space after a colon',
      'clockSkew: 30s',
      'clockSkew:30s',
      "LINE:1: expected 'key: value', with a space after the colon",
    ],
    [
      'a colon in a plain value',
      'scope: "messages:send"',
      'scope: messages: send',
      "LINE:57: a value that contains ': ' needs quotes",
    ],
    [
      'a brace without its closing one',
      'scope: "messages:send" }',
      'scope: "messages:send"',
      /a { before this place has no closing }$/,
    ],
    [
      'a quote without its closing one',
      '"messages:send"',
      '"messages:send',
      /^LINE:[0-9]+: a quoted value has no closing quote$/,
    ],
    [
      'braces without quotes',
      '"/3rdparty/v1/messages/{id}"',
      '/3rdparty/v1/messages/{id}',
      'LINE:48: unexpected text: quote a value that contains braces, brackets or commas, and a key that begins with *',
    ],
    [
      'typographic quotes',
      'scope: "messages:send"',
      'scope: “messages:send”',
      "LINE:57: routes[0].scope: unknown scope '“messages:send”', did you mean 'messages:send'?",
    ],
    [
      'a path in place of a store',
      'store: sqlite:./sallyport.db',
      'store: ./sallyport.db',
      "LINE:8: store: expected 'memory:', 'sqlite:PATH', 'redis://HOST', or a map with url: is 'sqlite:' missing before the path?",
    ],
    [
      'a duration without a unit',
      'clockSkew: 30s',
      'clockSkew: 30',
      'LINE:12: clockSkew: expected a duration from 0s to 5m, such as 150ms, 30s, 5m or 24h, found 30',
    ],
    [
      'a port alone',
      'extAuthz: 127.0.0.1:9191',
      'extAuthz: 9191',
      "LINE:13: listen.extAuthz: expected an address such as '127.0.0.1:9191', or a map with address, tls, insecure, maxConnections, transport, limits and maxConnectionAge, found 9191",
    ],
    [
      'a listener on every address',
      'extAuthz: 127.0.0.1:9191',
      'extAuthz: 0.0.0.0:9191',
      'LINE:13: listen.extAuthz: this listener has no authentication: expected a loopback address, a Unix socket, tls.clientCa, or insecure: true',
    ],
    [
      'several methods in method',
      'method: POST',
      'method: [POST, PUT]',
      "LINE:7: routes[0].method: expected a method, or several as 'methods', found a list",
    ],
    [
      'two requirements',
      'path: "/v1/**", public: true',
      'path: "/v1/**", public: true, scope: "messages:send"',
      'LINE:5: routes[5]: expected exactly one of scope, anyOf, allOf, authenticated and public, found scope and public',
    ],
    [
      'yes in place of true',
      'path: "/v1/**", public: true',
      'path: "/v1/**", public: yes',
      "LINE:31: routes[5].public: expected true, found 'yes': leave the key out instead",
    ],
    [
      'a claim within a claim without its name',
      'basic: { routes',
      `${CORPORATE}    scopeClaim: realm_access.\nbasic: { routes`,
      "29:17: issuers[1].scopeClaim: expected the name of a claim, or a path such as 'realm_access.roles', found 'realm_access.'",
    ],
  ])('%s', (_what, from, to, problem) => {
    expect(problemsAfter(from, to)).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)]);
  });

  it.each(['https://example.com/scopes', 'urn:example:scopes', 'scopes', 'realm_access.roles'])(
    'accepts a claim named %s',
    (name) => {
      expect(problemsAfter('basic: { routes', `${CORPORATE}    scopeClaim: ${name}\nbasic: { routes`)).toEqual([]);
    },
  );
});
