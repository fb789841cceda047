import type { Reporter } from '../../audit/actor.ts';
import { readReach } from '../../core/revocation-entry.ts';
import { inBatches } from '../../lib/lists.ts';
import { printable } from '../../lib/wording.ts';
import { redact } from '../../observe/log/redaction.ts';
import type { RevocationReader } from '../../revocation-set/checked-revocations.ts';
import { entryKeyOf } from '../../revocation-set/target.ts';
import type { ResolvedRequest, RevocationResolverParts } from '../revocation-resolver.ts';
import { resolveRevocation } from '../revocation-resolver.ts';
import type { RevocationWriter } from '../revocation-writer.ts';

/** How many reports are handled at a time. */
const BATCH = 20;
const MAX_URL_LENGTH = 400;
const REASON = 'reported as leaked';

/** One match that a secret scanner found. */
export interface LeakReport {
  readonly token: string;
  /** Where it was found, for people; may be empty. */
  readonly url: string;
}

/**
 * `revoked`: the token is ours, and the store has its revocation. `not ours`: nothing was written. `unavailable`: it
 * cannot be judged now.
 */
export type LeakOutcome = 'revoked' | 'not ours' | 'unavailable';

export interface LeakReportsParts {
  /** Knows our own issuer only. No authorization server receives a reported token. */
  readonly resolver: RevocationResolverParts;
  readonly writer: Pick<RevocationWriter, 'revoke'>;
  readonly revocations: RevocationReader;
}

/** Revokes our own tokens that were found in public places. The door has checked who reports them. */
export class LeakReports {
  private readonly parts: LeakReportsParts;

  constructor(parts: LeakReportsParts) {
    this.parts = parts;
  }

  /**
   * Resolves to the outcome of each report once the store has every revocation; rejects with `StoreError`. A token that is
   * revoked already is not revoked again, so that a repeated report changes nothing.
   */
  async revoke(reports: readonly LeakReport[], by: Reporter): Promise<readonly LeakOutcome[]> {
    const urls = new Map(reports.toReversed().map(({ token, url }) => [token, url]));
    const outcomes = new Map<string, LeakOutcome>();
    for (const batch of inBatches([...urls], BATCH)) {
      const done = batch.map(async ([token, url]) => void outcomes.set(token, await this.revokeOne(token, url, by)));
      await Promise.all(done);
    }
    return reports.map(({ token }) => outcomes.get(token) ?? 'unavailable');
  }

  private async revokeOne(token: string, url: string, by: Reporter): Promise<LeakOutcome> {
    const { resolver, writer } = this.parts;
    const resolved = await resolveRevocation({ kind: 'credential', token }, resolver);
    if (resolved.outcome === 'refused') return 'not ours';
    const unverified = resolved.warnings.find(({ warning }) => warning === 'not verified');
    if (unverified !== undefined) return isUnavailable(resolved) ? 'unavailable' : 'not ours';
    // The part of a token that is left by a cut would not be recognised.
    const where = redact(printable(url)).slice(0, MAX_URL_LENGTH);
    const reason = where === '' ? REASON : `${REASON}: ${where}`;
    for (const target of resolved.targets) {
      if (target.kind === 'token' && (await this.isRevoked(entryKeyOf(target)))) continue;
      await writer.revoke(target, by, reason);
    }
    return 'revoked';
  }

  private async isRevoked(key: string): Promise<boolean> {
    const [value] = await this.parts.revocations.read([key]);
    if (value === undefined) return false;
    return readReach(key, value).fromSeconds <= this.parts.resolver.clock.wallMs() / 1000;
  }
}

function isUnavailable({ warnings }: ResolvedRequest): boolean {
  return warnings.some((one) => one.warning === 'not verified' && one.unavailableAt !== undefined);
}
