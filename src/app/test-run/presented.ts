import { randomBytes } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import type { IssuerConfig } from '../../config/issuer-config.ts';
import type { SignedToken, TestCase } from '../../config/tests/test-case.ts';
import { isSameAlgorithm } from '../../lib/jose/key-fit.ts';
import type { OneToken } from '../../revocation-set/target.ts';
import { entryFor } from '../../revocation-set/target.ts';
import { parseJwt } from '../../verification/jwt.ts';
import { readOpaque } from '../../verification/opaque-token.ts';
import type { OpaqueTokens, Stage } from './stage.ts';
import { placeOf } from './test-config.ts';
import type { TestKeys } from './test-keys.ts';
import { claimsOf, signToken } from './test-token.ts';

/** The name with which every account of a test logs in. */
export const ACCOUNT_NAME = 'test';

/** What credentials are made of. */
export interface CredentialParts {
  readonly keys: TestKeys;
  readonly opaque: OpaqueTokens;
  readonly stage: Stage;
  /** The right password of every account. */
  readonly password: string;
}

/** A token that a test made, and how a revocation would name it. */
interface MadeToken {
  readonly token: string;
  readonly target: OneToken | undefined;
}

/** Makes the Authorization field of a case, and revokes its token if the case says so. `undefined` for none. */
export async function presentCredential(
  test: TestCase,
  config: Config,
  parts: CredentialParts,
): Promise<string | undefined> {
  const { credential } = test;
  switch (credential.kind) {
    case 'none':
      return undefined;
    case 'basic': {
      const password = credential.isRight ? parts.password : `${parts.password}x`;
      return `Basic ${Buffer.from(`${ACCOUNT_NAME}:${password}`).toString('base64')}`;
    }
    case 'given':
      return await present({ token: credential.token, target: targetOf(credential.token) }, credential, config, parts);
    case 'signed':
      return await present(await makeToken(credential, test, config, parts), credential, config, parts);
  }
}

async function present(
  { token, target }: MadeToken,
  { revoked }: { readonly revoked: boolean },
  { clockSkewMs }: Config,
  { stage: { store, clock } }: CredentialParts,
): Promise<string> {
  if (revoked && target !== undefined) {
    const at = Math.floor(clock.wallMs() / 1000);
    await store.revocations.write(entryFor(target, { at, by: 'test', reason: 'the case says so' }, clockSkewMs));
  }
  return `Bearer ${token}`;
}

async function makeToken(
  written: SignedToken,
  { line }: TestCase,
  config: Config,
  parts: CredentialParts,
): Promise<MadeToken> {
  const { keys, opaque, stage } = parts;
  const issuer = config.issuers.find(({ name }) => name === written.issuer);
  // The reader of the file has found it.
  if (issuer === undefined) throw new Error('no such issuer');
  const claims = claimsOf(written, issuer, `test-${line}`, stage.clock.wallMs());
  const { jti } = claims;
  const byId: OneToken | undefined =
    typeof jti === 'string' && jti !== ''
      ? { kind: 'token', issuer: issuer.name, tokenId: jti, expiresAtSeconds: undefined }
      : undefined;
  if (issuer.kind === 'introspection') {
    const token = randomBytes(32).toString('base64url');
    const { href } = placeOf(issuer);
    opaque.set(href, (opaque.get(href) ?? new Map()).set(token, claims));
    return { token, target: byId ?? targetOf(token) };
  }
  const { algorithm, key } = await keyFor(written, issuer, keys, stage);
  const token = await signToken(claims, written, issuer, algorithm, key);
  return { token, target: byId ?? targetOf(token) };
}

/** Our own issuer signs with its own key, unless the case asks for another one. */
async function keyFor(
  { algorithm: asked, forged }: SignedToken,
  issuer: Exclude<IssuerConfig, { readonly kind: 'introspection' }>,
  keys: TestKeys,
  { own }: Stage,
) {
  if (issuer.kind !== 'signing' || own === undefined) {
    const algorithm = asked ?? issuer.algorithms[0] ?? '';
    return { algorithm, key: await keys.keyOf(issuer.name, algorithm, forged) };
  }
  const { kid, signing, algorithm: ours } = await own.keys.current();
  const algorithm = asked ?? ours;
  if (!forged && isSameAlgorithm(algorithm, ours)) return { algorithm, key: { kid, signing } };
  const { signing: other } = await keys.keyOf(issuer.name, algorithm, true);
  return { algorithm, key: { kid, signing: other } };
}

/** Names a token by itself; `undefined` if it has no form that a revocation could name. */
function targetOf(token: string): OneToken | undefined {
  const jwt = parseJwt(token);
  if (typeof jwt !== 'string') return { kind: 'thumbprint', thumbprint: jwt.thumbprint, expiresAtSeconds: undefined };
  const opaque = readOpaque(token);
  const thumbprint = typeof opaque === 'string' ? undefined : opaque.thumbprints[0];
  return thumbprint === undefined ? undefined : { kind: 'thumbprint', thumbprint, expiresAtSeconds: undefined };
}
