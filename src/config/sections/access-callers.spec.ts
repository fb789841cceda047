import { describe, expect, it } from 'vitest';
import { problemsOf } from '../../../test/support/config.ts';

const OWN = '{ name: own, issuer: us, signing: { algorithm: EdDSA } }';
const NOBODY =
  '2:19: listen.access: no caller could authenticate: expected a Unix socket, tls.clientCa, an issuer with signing, or an issuer with access:check in its allowScopes';

function partner(more: string): string {
  return `{ name: partner, issuer: them, audience: any, algorithms: [HS256], secrets: [{ env: PARTNER }]${more} }`;
}

describe('listen.access', () => {
  it.each([
    ['127.0.0.1:9194', OWN, []],
    ['unix:/run/x.sock', partner(''), []],
    ['127.0.0.1:9194', partner(''), [NOBODY]],
    ['127.0.0.1:9194', partner(', allowScopes: ["access:check"]'), []],
    ['127.0.0.1:9194', partner(', allowScopes: ["access:introspect"]'), [NOBODY]],
    ['127.0.0.1:9194', partner(', grant: ["access:check"]'), []],
    ['127.0.0.1:9194', partner(', grant: ["a:b"], allowScopes: ["access:check"]'), [NOBODY]],
    ['127.0.0.1:9194', '', [NOBODY]],
  ])('%s with the issuers [%s]', (address, issuers, problems) => {
    const text = `version: 1\nlisten: { access: "${address}" }\nscopes: { a:b: {} }\nissuers: [${issuers}]\nroutes: []`;
    expect(problemsOf(text, { env: { PARTNER: 'x'.repeat(32) } })).toEqual(problems);
  });
});
