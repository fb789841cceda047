import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { legacy } from '../../../test/support/introspection-server.ts';
import { forge } from '../../../test/support/jwt/forge.ts';
import { auth0, corporate, given, own, partner } from '../../../test/support/jwt/issuers.ts';
import { jwkOf, p256, rsa, secretOf } from '../../../test/support/jwt/keys.ts';
import { Publisher, setOf } from '../../../test/support/jwt/publisher.ts';
import { makeOpenKey } from '../../../test/support/jwt/signing.ts';
import { checkText } from '../../core/check-text.ts';
import { parseJwt } from '../jwt.ts';
import { KeySets } from '../key-sets/key-sets.ts';
import { FixedKeys } from '../keys.ts';
import { trustIssuers } from './trust.ts';

describe('trustIssuers()', () => {
  it('finds the keys of every kind of issuer', async () => {
    const { time: clock, observer } = new Publisher();
    const server = createServer((_, response) => response.end(JSON.stringify({ keys: [jwkOf(rsa, { kid: 'a' })] })));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    // A server that listens on TCP has an AddressInfo.
    const { port } = server.address() as AddressInfo;
    const jwks = new URL(`http://127.0.0.1:${port}/jwks.json`);
    const secrets = [secretOf('a'), secretOf('b')];
    const ownKey = await makeOpenKey();
    const keySets = new KeySets({ clock, observer, timers: clock });
    // The same issuer issues JWTs and opaque tokens.
    const opaque = legacy({ issuer: corporate().issuer });
    const configured = [
      own(),
      corporate({ jwks }),
      given(setOf(jwkOf(p256, { kid: 'b' }))),
      partner(secrets),
      auth0([secretOf('c')]),
      opaque,
      legacy(),
    ];
    keySets.reconfigure(configured);
    const issuers = trustIssuers(configured, new FixedKeys([ownKey.verification]), keySets);

    const found: Record<string, unknown> = {};
    for (const [alg, claims] of [
      ['EdDSA', { iss: 'https://sallyport.local' }],
      ['RS256', { iss: 'https://login.example.com' }],
      ['ES256', { iss: 'https://given.example' }],
      ['HS256', { iss: 'https://partner.example' }],
      ['HS256', { sub: 'urn:Auth0', aud: 'urn:sms-gateway' }],
    ] as const) {
      const token = parseJwt(forge({ alg: 'HS256' }, claims, secretOf('x')));
      if (typeof token === 'string') throw new Error(token);
      const chosen = issuers.choose({ ...token, algorithm: alg });
      if ('check' in chosen) throw new Error(checkText(chosen.check));
      for (const { config, keys } of chosen) {
        found[config.name] = (await keys.find(alg, undefined))?.map(({ kid, key }) => kid ?? key.export().toString());
      }
    }
    server.close();
    keySets.close();
    expect(found).toEqual({
      sallyport: [ownKey.kid],
      corporate: ['a'],
      given: ['b'],
      partner: ['a'.repeat(64), 'b'.repeat(64)],
      'auth0-sms': ['c'.repeat(64)],
    });
  });
});
