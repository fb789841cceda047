import { describe, expect, it } from 'vitest';
import { configOf, fileWith, problemsOf } from '../../../test/support/config.ts';

const PLAIN = "expected a header name of lower-case letters, digits and '-', such as x-auth-subject";

describe('identity.headers', () => {
  it.each([
    ['X-User', PLAIN],
    ['x_user', PLAIN],
    ['x.user', PLAIN],
    ['":path"', PLAIN],
    ['x user', PLAIN],
    ['x!user', PLAIN],
    ["x'user", PLAIN],
    ['a-b-c-d-e-f-g', 'at most 5 hyphens: every spelling of the name is removed from requests'],
    ['a-b-c-d-e-f', undefined],
    ['x-forwarded-host', "'x-forwarded-host' has another meaning and cannot carry identity"],
    ['forwarded', "'forwarded' has another meaning and cannot carry identity"],
    ['""', 'must not be empty'],
    ['authorization', "'authorization' has another meaning and cannot carry identity"],
    ['host', "'host' has another meaning and cannot carry identity"],
    ['cookie', "'cookie' has another meaning and cannot carry identity"],
    ['content-length', "'content-length' has another meaning and cannot carry identity"],
    ['transfer-encoding', "'transfer-encoding' has another meaning and cannot carry identity"],
    ['x-http-method-override', "'x-http-method-override' has another meaning and cannot carry identity"],
    ['x-auth-issuer', undefined],
  ])('subject: %s', (name, message) => {
    const problems = problemsOf(fileWith(`identity: { headers: { subject: ${name}, issuer: x-other } }`));
    expect(problems).toEqual(message === undefined ? [] : [`3:33: identity.headers.subject: ${message}`]);
  });

  it('are distinct, defaults included', () => {
    expect(problemsOf(fileWith('identity:\n  headers:\n    subject: x-a\n    scheme: x-a'))).toEqual([
      "6:13: identity.headers.scheme: 'x-a' is already the header of subject",
    ]);
    expect(problemsOf(fileWith('identity:\n  headers:\n    subject: x-auth-scheme'))).toEqual([
      "4:3: identity.headers.scheme: 'x-auth-scheme' is already the header of subject",
    ]);
  });

  it('override the defaults one by one', () => {
    expect(configOf('identity: { headers: { subject: x-user } }').identity).toEqual({
      headers: {
        subject: 'x-user',
        scopes: 'x-auth-scopes',
        tokenId: 'x-auth-token-id',
        issuer: 'x-auth-issuer',
        scheme: 'x-auth-scheme',
      },
      forwardCredential: false,
      everySpelling: false,
    });
  });
});
