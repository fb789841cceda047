import type { PresentedCredential } from '../core/credential.ts';
import type { Finding, KnownCredential, Refusal } from '../core/known.ts';
import type { Verifier } from '../core/ports.ts';
import type { Account } from '../store/store.ts';
import type { CredentialCheck } from './credential-check.ts';

const MAX_CREDENTIALS_LENGTH = 4096;

export interface BasicVerifierParts {
  readonly credentials: Pick<CredentialCheck, 'check'>;
  /** The own issuer's name, to which accounts belong. */
  readonly issuer: string;
  readonly generation: number;
}

/** Verifies Basic credentials (RFC 7617) against the store's accounts. */
export class BasicVerifier implements Verifier {
  private readonly parts: BasicVerifierParts;

  constructor(parts: BasicVerifierParts) {
    this.parts = parts;
  }

  async verify({ value }: PresentedCredential): Promise<Finding> {
    const pair = readPair(value);
    if (pair === undefined) return refuse('credentials_invalid', 'form');
    const found = await this.parts.credentials.check(pair.name, pair.password);
    return found.outcome === 'account' ? this.known(found.account) : refuse(found.reason, found.check);
  }

  private known({ id, scopes }: Account): KnownCredential {
    return {
      outcome: 'known',
      identity: { issuer: this.parts.issuer, subject: id, tokenId: undefined, scheme: 'basic', scopes },
      granted: new Set(scopes),
      use: 'password',
      validUntilMs: Number.POSITIVE_INFINITY,
      issuedAtSeconds: Number.NEGATIVE_INFINITY,
      generation: this.parts.generation,
      key: { inForce: true },
      // The account itself was read just now; marks end tokens, not passwords.
      standings: [],
      lastUse: undefined,
    };
  }
}

/** `base64(name:password)`, in UTF-8; `undefined` where it is anything else. */
function readPair(value: string): { readonly name: string; readonly password: string } | undefined {
  if (value.length > MAX_CREDENTIALS_LENGTH) return undefined;
  const bytes = Buffer.from(value, 'base64');
  const unpadded = (text: string): string => text.replace(/=+$/, '');
  if (unpadded(bytes.toString('base64')) !== unpadded(value)) return undefined;
  const text = decodeUtf8(bytes);
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 1) return undefined;
  return { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function refuse(reason: 'credentials_invalid' | 'too_many_attempts', check: string): Refusal {
  return { outcome: 'refused', reason, check: `basic: ${check}` };
}
