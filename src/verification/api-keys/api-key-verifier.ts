import type { OwnIssuer } from '../../config/issuer-config.ts';
import type { PresentedCredential } from '../../core/credential/credential.ts';
import type { Refusal, VerificationResult, VerifiedCredential } from '../../core/credential/verified-credential.ts';
import type { Clock, Verifier } from '../../core/ports.ts';
import { StoreError } from '../../core/ports.ts';
import type { ClientAddress } from '../../core/request.ts';
import { hashOfKey, isApiKey } from '../../lib/api-key/api-key.ts';
import { instantAfter } from '../../lib/clock.ts';
import type { JsonObject } from '../../lib/json-object.ts';
import { claimFinding } from '../claim-finding.ts';
import { readPayload } from '../claims.ts';
import { RefusedTokens } from '../opaque/refused-tokens.ts';
import type { TokenCache } from '../token-cache.ts';
import { formFinding } from '../token-finding.ts';
import type { CredentialParts } from '../verified-token.ts';
import { refusePremature, refuseToken, toCredential } from '../verified-token.ts';
import type { UnknownKeyBudget } from './unknown-key-budget.ts';

/** After this time the record of a known key is read again, in milliseconds: 5 minutes. */
const READ_AGAIN_MS = 300_000;
/** After a failed read of a known key's record, the next one follows this much later, in milliseconds. */
const RETRY_MS = 1_000;

/** What the store says of an API key. */
export interface ApiKeyRecord {
  readonly id: string;
  readonly accountId: string;
  readonly scopes: readonly string[];
  readonly createdAtSeconds: number;
  readonly expiresAtSeconds: number;
}

/** Finds API keys by their hash. Rejects with `StoreError`. */
export interface ApiKeyRecords {
  findByKey(keyHash: string): Promise<ApiKeyRecord | undefined>;
}

export interface ApiKeyVerifierParts extends CredentialParts {
  /** Our own issuer, to whose accounts the keys belong. */
  readonly issuer: OwnIssuer;
  readonly prefix: string;
  readonly records: ApiKeyRecords;
  readonly cache: Pick<TokenCache, 'add' | 'last'>;
  readonly unknown: UnknownKeyBudget;
  readonly clock: Clock;
}

/**
 * Verifies API keys. A key with a wrong checksum is refused without a look-up; any other is looked up by its hash. Its
 * record gives the claims that a private token of the same account would have, so everything that ends such a token ends
 * the key as well. The record is read again after {@link READ_AGAIN_MS}: the key of a record that disappeared lives no
 * longer. While the store does not answer, a key that was known stays known, and its standings decide.
 */
export class ApiKeyVerifier implements Verifier {
  private readonly parts: ApiKeyVerifierParts;
  private readonly refused: RefusedTokens;
  private readonly running = new Map<string, Promise<VerificationResult>>();

  constructor(parts: ApiKeyVerifierParts) {
    this.parts = parts;
    this.refused = new RefusedTokens(parts.clock);
  }

  async verify({ value }: PresentedCredential, client?: ClientAddress): Promise<VerificationResult> {
    const { prefix, issuer, unknown, maxTokenLength } = this.parts;
    if (!isApiKey(value, prefix))
      return refuseToken('checksum', issuer.name, formFinding('checksum', value, maxTokenLength));
    const keyHash = hashOfKey(value);
    // Also one that was known under another configuration: others at the client's address must not lock it out by a reload.
    const known = this.parts.cache.last(value);
    const refusal =
      this.refused.find(keyHash) ?? (known === undefined ? unknown.refusal(client, issuer.name) : undefined);
    if (refusal !== undefined) return refusal;
    const running = this.running.get(keyHash);
    if (running !== undefined) return running;
    const started = this.lookUp(value, keyHash, client).finally(() => this.running.delete(keyHash));
    this.running.set(keyHash, started);
    return started;
  }

  private async lookUp(value: string, keyHash: string, client?: ClientAddress): Promise<VerificationResult> {
    const { records, clock, cache, issuer, unknown } = this.parts;
    const readAgainAt = instantAfter(clock, READ_AGAIN_MS);
    const record = await records.findByKey(keyHash).catch(storeFailure);
    if (record === 'failed') return this.unread(value);
    if (record === undefined) {
      const refusal = refuseToken('unknown key', issuer.name);
      this.refused.add(keyHash, refusal);
      unknown.take(client);
      return refusal;
    }
    const payload = payloadOf(record, issuer);
    const claims = readPayload(payload, issuer);
    if (typeof claims === 'string') {
      return refuseToken(claims, issuer.name, claimFinding(claims, {}, payload, issuer));
    }
    const premature = refusePremature(claims, issuer.name, clock.wallMs(), this.parts.clockSkewMs);
    if (premature !== undefined) return premature;
    const key = { kid: undefined, inForce: { inForce: true } };
    const verified = { claims, payload, issuer: issuer.name, thumbprints: [keyHash], key, reverifyAt: readAgainAt };
    const credential = toCredential(verified, this.parts);
    if (credential.validUntilMs > clock.wallMs()) cache.add(value, credential);
    return credential;
  }

  /** The store says nothing of the key: one that is known stays known, and any other cannot be judged. */
  private unread(value: string): VerificationResult {
    const { issuer, cache, clock } = this.parts;
    const last = this.lastOf(value);
    if (last === undefined) return cannotRead(issuer.name);
    const again = { ...last, reverifyAt: instantAfter(clock, RETRY_MS) };
    cache.add(value, again);
    return again;
  }

  private lastOf(value: string): VerifiedCredential | undefined {
    const last = this.parts.cache.last(value);
    return last?.generation === this.parts.generation ? last : undefined;
  }
}

/** The claims of a private token with the same record. */
function payloadOf(record: ApiKeyRecord, { issuer: [iss], audience }: OwnIssuer): JsonObject {
  const { id: jti, accountId: sub, scopes, createdAtSeconds: iat, expiresAtSeconds: exp } = record;
  const aud = audience === undefined ? {} : { aud: [...audience] };
  return { iss, sub, ...aud, iat, exp, jti, scopes: [...scopes], token_use: 'private' };
}

function storeFailure(error: unknown): 'failed' {
  if (error instanceof StoreError) return 'failed';
  throw error;
}

function cannotRead(issuer: string): Refusal {
  return { outcome: 'refused', reason: 'unavailable', check: 'keys not readable', issuer };
}
