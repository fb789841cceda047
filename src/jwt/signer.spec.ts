import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import { own } from '../../test/jwt/issuers.ts';
import { NOW, Verifying } from '../../test/jwt/verifying.ts';
import type { OwnIssuer, SigningAlgorithm } from '../config/config.ts';
import { openMemoryStore } from '../store/memory.ts';
import { FixedKeys } from './keys.ts';
import { Sealer } from './sealer.ts';
import { TokenSigner } from './signer.ts';
import { openSigningKeys, type SigningKey } from './signing-keys.ts';

const ALGORITHMS: readonly SigningAlgorithm[] = ['HS256', 'ES256', 'RS256', 'PS256', 'EdDSA'];
const CLAIMS = {
  tokenId: 'V1StGXR8_Z5jdHi6B-myT',
  subject: 'account-1',
  scopes: ['messages:send', 'messages:list'],
  use: 'access',
  issuedAtSeconds: NOW,
  expiresAtSeconds: NOW + 86_400,
} as const;

async function keyOf(issuer: OwnIssuer): Promise<SigningKey> {
  const [key] = await openSigningKeys(issuer, openMemoryStore().signingKeys, new Sealer(Buffer.alloc(32)), NOW);
  if (key === undefined) throw new Error('no key was made');
  return key;
}

describe('TokenSigner.sign()', () => {
  it.each(ALGORITHMS)('signs with %s the claims of the contract, no more and no less', async (algorithm) => {
    const issuer = own(algorithm);
    const key = await keyOf(issuer);
    const token = await new TokenSigner(issuer, key).sign(CLAIMS);
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

  it.each(ALGORITHMS)('signs with %s what our own verifier accepts', async (algorithm) => {
    const issuer = own(algorithm);
    const key = await keyOf(issuer);
    const subject = new Verifying({ config: issuer, keys: new FixedKeys([key.verification]) });
    expect(await subject.verify(await new TokenSigner(issuer, key).sign(CLAIMS))).toMatchObject({
      outcome: 'known',
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

  it('names the audience where one is set', async () => {
    const issuer = own('EdDSA', { audience: ['sms-api', 'devices'] });
    const token = await new TokenSigner(issuer, await keyOf(issuer)).sign(CLAIMS);
    expect(decodeJwt(token).aud).toEqual(['sms-api', 'devices']);
  });

  it('does not make tokens that another key of ours verifies', async () => {
    const issuer = own('ES256');
    const [key, other] = [await keyOf(issuer), await keyOf(issuer)];
    const renamed = { ...other.verification, kid: key.kid };
    const subject = new Verifying({ config: issuer, keys: new FixedKeys([renamed]) });
    expect(await subject.verify(await new TokenSigner(issuer, key).sign(CLAIMS))).toMatchObject({ check: 'signature' });
  });
});
