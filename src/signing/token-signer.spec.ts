import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import { own } from '../../test/support/jwt/issuers.ts';
import { always, makeOpenKey } from '../../test/support/jwt/signing.ts';
import { NOW, VerifierFixture } from '../../test/support/jwt/verifying.ts';
import { SIGNING_ALGORITHMS } from '../config/issuer-config.ts';
import { FixedKeys } from '../verification/keys.ts';
import { TokenSigner } from './token-signer.ts';

const CLAIMS = {
  tokenId: 'V1StGXR8_Z5jdHi6B-myT',
  subject: 'account-1',
  scopes: ['messages:send', 'messages:list'],
  use: 'access',
  issuedAtSeconds: NOW,
  expiresAtSeconds: NOW + 86_400,
} as const;

describe('TokenSigner.sign()', () => {
  it.each(SIGNING_ALGORITHMS)('signs exactly the claims of the contract with %s', async (algorithm) => {
    const issuer = own(algorithm);
    const key = await makeOpenKey(algorithm);
    const token = await new TokenSigner(issuer, always(key)).sign(CLAIMS);
    expect(decodeProtectedHeader(token)).toEqual({ alg: algorithm, typ: 'at+jwt', kid: key.kid });
    expect(decodeJwt(token)).toEqual({
      iss: 'https://sallyport.local',
      sub: 'account-1',
      iat: NOW,
      exp: NOW + 86_400,
      jti: 'V1StGXR8_Z5jdHi6B-myT',
      scopes: ['messages:send', 'messages:list'],
      token_use: 'access',
    });
  });

  it('writes the first iss of several, of which the verifier accepts all', async () => {
    const key = await makeOpenKey('EdDSA');
    const moved = own('EdDSA', { issuer: ['https://new.example', 'https://old.example'] });
    const former = own('EdDSA', { issuer: ['https://old.example'] });
    const subject = new VerifierFixture({ config: moved, keys: new FixedKeys([key.verification]) });
    const tokens = await Promise.all(
      [moved, former].map((issuer) => new TokenSigner(issuer, always(key)).sign(CLAIMS)),
    );
    expect(tokens.map((token) => decodeJwt(token).iss)).toEqual(['https://new.example', 'https://old.example']);
    for (const token of tokens) expect(await subject.verify(token)).toMatchObject({ outcome: 'verified' });
  });

  it.each(SIGNING_ALGORITHMS)('signs a token with %s that our own verifier accepts', async (algorithm) => {
    const issuer = own(algorithm);
    const key = await makeOpenKey(algorithm);
    const subject = new VerifierFixture({ config: issuer, keys: new FixedKeys([key.verification]) });
    expect(await subject.verify(await new TokenSigner(issuer, always(key)).sign(CLAIMS))).toMatchObject({
      outcome: 'verified',
      identity: {
        issuer: 'sallyport',
        subject: 'account-1',
        tokenId: CLAIMS.tokenId,
        scheme: 'bearer',
        scopes: CLAIMS.scopes,
      },
      issuedAtSeconds: NOW,
    });
  });

  it('includes the audience if one is configured', async () => {
    const issuer = own('EdDSA', { audience: ['sms-api', 'devices'] });
    const token = await new TokenSigner(issuer, always(await makeOpenKey())).sign(CLAIMS);
    expect(decodeJwt(token).aud).toEqual(['sms-api', 'devices']);
  });

  it('signs a token that another key does not verify', async () => {
    const issuer = own('ES256');
    const [key, other] = [await makeOpenKey('ES256'), await makeOpenKey('ES256')];
    const renamed = { ...other.verification, kid: key.kid };
    const subject = new VerifierFixture({ config: issuer, keys: new FixedKeys([renamed]) });
    expect(await subject.verify(await new TokenSigner(issuer, always(key)).sign(CLAIMS))).toMatchObject({
      check: 'signature',
    });
  });
});
