import { describe, expect, it } from 'vitest';
import { fileWith, problemsOf } from '../../../test/support/config.ts';
import { list } from '../../lib/wording.ts';
import { fileSchema } from '../sections/file-schema.ts';
import { judgeUnknownKey } from './unknown-key.ts';

describe('judgeUnknownKey()', () => {
  it.each([
    [['issuers', 0, 'signing'], 'algoritm', "unknown key 'algoritm', did you mean 'algorithm'?", 'algorithm'],
    [['issuers', 0], 'colour', "unknown key 'colour', expected name or algorithm", undefined],
    [['issuers', 0, 'introspection', 'clientSecret'], 'hunter2', 'unknown key, expected name or algorithm', undefined],
    [['issuers', 0, 'secrets', 0], 'hunter2', 'unknown key, expected name or algorithm', undefined],
  ])('of %j and %s', (map, key, message, meant) => {
    expect(judgeUnknownKey(map, key, ['name', 'algorithm'])).toEqual({ message, meant });
  });
});

describe('unknown keys in a file', () => {
  it.each([
    ['shadwo: true', ["3:1: unknown key 'shadwo', did you mean 'shadow'?"]],
    ['timeouts:\n  decision: 1s\n  stroe: 1s', ["5:3: timeouts: unknown key 'stroe', did you mean 'store'?"]],
    [
      'identity: { headers: { user: x } }',
      ["3:24: identity.headers: unknown key 'user', expected subject, scopes, tokenId, issuer or scheme"],
    ],
    ['<<: { shadow: true }', [`3:1: unknown key '<<', expected ${list(Object.keys(fileSchema.shape))}`]],
  ])('%s', (sections, problems) => {
    expect(problemsOf(fileWith(sections))).toEqual(problems);
  });

  it('are reported once, without the missing key that they misspell', () => {
    expect(problemsOf('version: 1\nlisten: { extAuthz: 127.0.0.1:1 }\nroutse: []')).toEqual([
      "3:1: unknown key 'routse', did you mean 'routes'?",
    ]);
    const issuer =
      'issuers:\n  - name: own\n    issuer: us\n    signign: { algorithm: EdDSA }\nbasic: { routes: true }';
    expect(problemsOf(fileWith(issuer))).toEqual(["6:5: issuers[0]: unknown key 'signign', did you mean 'signing'?"]);
  });
});
