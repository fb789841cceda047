import { describe, expect, it } from 'vitest';
import type { PresentedCredential } from '../core/credential.ts';
import type { TokenExaminer, Verifier } from '../core/ports.ts';
import type { Refusal } from '../core/verified-credential.ts';
import { CredentialVerifier } from './credential-verifier.ts';

/** Refuses everything, by its own name. */
function refusing(check: string): Verifier & TokenExaminer {
  const refusal: Refusal = { outcome: 'refused', reason: 'token_invalid', check };
  return { verify: () => Promise.resolve(refusal), examine: () => Promise.resolve(refusal) };
}

function verifierWith(opaque: (Verifier & TokenExaminer) | undefined): CredentialVerifier {
  return new CredentialVerifier({ bearer: refusing('bearer'), opaque, basic: refusing('basic') });
}

async function verifierOf(
  value: string,
  opaque: (Verifier & TokenExaminer) | undefined,
  scheme: PresentedCredential['scheme'],
) {
  const finding = await verifierWith(opaque).verify({ scheme, value });
  return finding.outcome === 'refused' && finding.check;
}

describe('CredentialVerifier', () => {
  it.each(['a.b.c', '..', 'e30.e30.', 'not base64.(.)', 'a.b.c==', 'a.b.c.', 'a.b.c...'])(
    'shows nobody else a token of three parts: %s',
    async (value) => {
      expect(await verifierOf(value, refusing('opaque'), 'bearer')).toBe('bearer');
    },
  );

  it.each(['', 'opaque', 'a.b', 'ory_at_a.b', 'a.b.c.d.e'])('has an opaque token asked about: %s', async (value) => {
    expect(await verifierOf(value, refusing('opaque'), 'bearer')).toBe('opaque');
    expect(await verifierOf(value, undefined, 'bearer')).toBe('bearer');
    expect(await verifierOf(value, refusing('opaque'), 'basic')).toBe('basic');
  });

  it.each([
    ['a.b.c', 'bearer'],
    ['a.b', 'opaque'],
  ])('examines %s in the same way', async (value, check) => {
    expect(await verifierWith(refusing('opaque')).examine(value)).toMatchObject({ check });
    expect(await verifierWith(undefined).examine(value)).toMatchObject({ check: 'bearer' });
  });
});
