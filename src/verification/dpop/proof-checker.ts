import { createHash } from 'node:crypto';
import { JOSEError } from 'jose/errors';
import { compactVerify } from 'jose/jws/compact/verify';
import type { PresentedProof, ProofResult } from '../../core/binding/proof.ts';
import { canonicalPath, readOrigin, readTargetUri } from '../../core/binding/target-uri.ts';
import type { CheckOf } from '../../core/check.ts';
import { readPath } from '../../core/path.ts';
import type { Clock, ProofChecker } from '../../core/ports.ts';
import type { Nonces } from './nonces.ts';
import type { ParsedProof } from './proof-form.ts';
import { parseProof } from './proof-form.ts';
import type { UsedProofs } from './used-proofs.ts';

export interface DpopParts {
  /** Normal forms of the origins at which clients reach the gateway; never empty. */
  readonly origins: readonly string[];
  readonly algorithms: ReadonlySet<string>;
  /** How old a proof may be, besides the skew of the clocks. */
  readonly maxAgeMs: number;
  readonly clockSkewMs: number;
  /** `undefined` if proofs need none. */
  readonly nonces: Nonces | undefined;
  readonly used: UsedProofs;
  readonly clock: Pick<Clock, 'wallMs'>;
}

/** The longest `jti`, in characters. */
const MAX_ID_LENGTH = 256;

/** Checks DPoP proofs by RFC 9449, section 4.3. The store is asked last, so that only valid proofs of good tokens fill it. */
export class DpopProofChecker implements ProofChecker {
  private readonly parts: DpopParts;

  constructor(parts: DpopParts) {
    this.parts = parts;
  }

  async check(presented: PresentedProof): Promise<ProofResult> {
    const parsed = await parseProof(presented.proof, this.parts.algorithms);
    if (typeof parsed === 'string') return refused(parsed);
    if (parsed.thumbprint !== presented.key) return refused('proof of another key');
    const failed = this.failedClaim(parsed.claims, presented);
    if (failed !== undefined) return refused(failed);
    if (!(await verifies(presented.proof, parsed))) return refused('proof signature');
    return this.judge(parsed);
  }

  private failedClaim(claims: ParsedProof['claims'], presented: PresentedProof): CheckOf<'proof'> | undefined {
    const { jti, htm, htu, iat, ath } = claims;
    if (typeof jti !== 'string' || jti.length > MAX_ID_LENGTH) return 'proof jti';
    if (htm !== presented.method) return 'proof htm';
    if (typeof htu !== 'string' || !this.isTarget(htu, presented)) return 'proof htu';
    if (typeof iat !== 'number' || !this.isRecent(claims)) return 'proof iat';
    return ath === sha256(presented.token) ? undefined : 'proof ath';
  }

  /** Compares normal forms, as section 4.3 advises. */
  private isTarget(htu: string, { host, path }: PresentedProof): boolean {
    const target = readTargetUri(htu);
    const requested = readPath(path);
    if (target === undefined || requested === undefined || target.path !== canonicalPath(requested)) return false;
    // Where the host is one of several origins, the proof must be for that one.
    const { origins } = this.parts;
    const ofHost = origins.filter((origin) => origin === readOrigin(origin.split(':', 1)[0] ?? '', host));
    return (ofHost.length > 0 ? ofHost : origins).includes(target.origin);
  }

  /** `exp` and `nbf` are not required, but count where a client writes them. */
  private isRecent({ iat, exp, nbf }: ParsedProof['claims']): boolean {
    const { maxAgeMs, clockSkewMs, clock } = this.parts;
    const nowMs = clock.wallMs();
    const isWithin = (value: unknown, judge: (ms: number) => boolean): boolean =>
      typeof value === 'number' && Number.isFinite(value) && judge(value * 1000);
    return (
      isWithin(iat, (ms) => ms <= nowMs + clockSkewMs && ms > nowMs - maxAgeMs - clockSkewMs) &&
      (exp === undefined || isWithin(exp, (ms) => ms > nowMs - clockSkewMs)) &&
      (nbf === undefined || isWithin(nbf, (ms) => ms <= nowMs + clockSkewMs))
    );
  }

  /** The nonce, and whether the proof was used before: only the holder of the key learns of either. */
  private async judge({ claims, thumbprint }: ParsedProof): Promise<ProofResult> {
    const { nonces, used, clock, maxAgeMs, clockSkewMs } = this.parts;
    const nowMs = clock.wallMs();
    const current = nonces?.current(nowMs);
    if (nonces !== undefined && !nonces.accepts(claims['nonce'], nowMs)) {
      return { ...refused('proof nonce'), nonce: current };
    }
    const nonce = current === claims['nonce'] ? undefined : current;
    // Until no instance can accept it any more, whose clock may be behind this one by the skew.
    const keepMs = Number(claims['iat']) * 1000 + maxAgeMs + 2 * clockSkewMs - nowMs + 1000;
    const id = sha256(JSON.stringify([thumbprint, claims['jti']]));
    return (await used.use(id, keepMs)) ? { outcome: 'proven', nonce } : { ...refused('proof used before'), nonce };
  }
}

function refused(check: CheckOf<'proof'>): ProofResult {
  return { outcome: 'refused', check };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

async function verifies(proof: string, { key, algorithm }: ParsedProof): Promise<boolean> {
  try {
    await compactVerify(proof, key, { algorithms: [algorithm] });
    return true;
  } catch (error) {
    if (error instanceof JOSEError) return false;
    throw error;
  }
}
