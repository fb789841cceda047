import { describe, expect, it } from 'vitest';
import type { PresentedCredential } from '../core/credential/credential.ts';
import type { Refusal } from '../core/credential/verified-credential.ts';
import type { TokenExaminer, Verifier } from '../core/ports.ts';
import { CredentialVerifier } from './credential-verifier.ts';

/** A check for each verifier, so that a refusal shows which verifier it is from. */
const CHECKS = { bearer: 'signature', opaque: 'inactive', basic: 'password', keys: 'checksum' } as const;

/** A verifier that refuses everything with its own check. */
function refusing(name: keyof typeof CHECKS): Verifier & TokenExaminer {
  const refusal: Refusal = { outcome: 'refused', reason: 'token_invalid', check: CHECKS[name] };
  return { verify: () => Promise.resolve(refusal), examine: () => Promise.resolve(refusal) };
}

function verifierWith(opaque: (Verifier & TokenExaminer) | undefined): CredentialVerifier {
  const keys = { prefix: 'sp', verifier: refusing('keys') };
  return new CredentialVerifier({ bearer: refusing('bearer'), keys, opaque, basic: refusing('basic') });
}

async function verifierOf(
  value: string,
  opaque: (Verifier & TokenExaminer) | undefined,
  scheme: PresentedCredential['scheme'],
) {
  const result = await verifierWith(opaque).verify({ scheme, value });
  return result.outcome === 'refused' && result.check;
}

describe('CredentialVerifier', () => {
  it.each(['a.b.c', '..', 'e30.e30.', 'not base64.(.)', 'a.b.c==', 'a.b.c.', 'a.b.c...'])(
    'passes a token of three parts only to the JWT verifier: %s',
    async (value) => {
      expect(await verifierOf(value, refusing('opaque'), 'bearer')).toBe(CHECKS.bearer);
    },
  );

  it.each(['', 'opaque', 'a.b', 'ory_at_a.b', 'a.b.c.d.e'])(
    'passes an opaque token to the opaque verifier, if there is one: %s',
    async (value) => {
      expect(await verifierOf(value, refusing('opaque'), 'bearer')).toBe(CHECKS.opaque);
      expect(await verifierOf(value, undefined, 'bearer')).toBe(CHECKS.bearer);
      expect(await verifierOf(value, refusing('opaque'), 'basic')).toBe(CHECKS.basic);
    },
  );

  it.each(['sp_', 'sp_a', 'sp_a.b.c', 'sp_eyJhbGciOiJub25lIn0.e30.', 'sp_ä', `sp_${'a'.repeat(20_000)}`])(
    'passes everything with the prefix of our API keys to their verifier alone: %.20s',
    async (value) => {
      expect(await verifierOf(value, refusing('opaque'), 'bearer')).toBe(CHECKS.keys);
      expect(await verifierWith(refusing('opaque')).examine(value)).toMatchObject({ check: CHECKS.keys });
      expect(await verifierOf(value, refusing('opaque'), 'basic')).toBe(CHECKS.basic);
    },
  );

  it.each(['sp', 'spa', 'Sp_a', 'sp-a', ' sp_a', 'xsp_a'])('takes %j for no API key', async (value) => {
    expect(await verifierOf(value, refusing('opaque'), 'bearer')).toBe(CHECKS.opaque);
  });

  it.each([
    ['a.b.c', CHECKS.bearer],
    ['a.b', CHECKS.opaque],
  ])('examines %s with the same verifier', async (value, check) => {
    expect(await verifierWith(refusing('opaque')).examine(value)).toMatchObject({ check });
    expect(await verifierWith(undefined).examine(value)).toMatchObject({ check: CHECKS.bearer });
  });
});
