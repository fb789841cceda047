import { presentsSeveral, readCredential } from '../core/credential.ts';
import type { Decision, Deny } from '../core/decision.ts';
import type { Clock } from '../core/ports.ts';
import type { AccessRequest } from '../core/request.ts';
import { LineLimit } from './line-limit.ts';
import type { Logger } from './logger.ts';
import { fingerprint, redactPath } from './redaction.ts';

/** A method may be whatever a client invents, and as long as a header. */
const MAX_METHOD_LENGTH = 32;
/** Of denials, and of passes again, so that a flood of the one hides nothing of the other. */
const LINES_PER_SECOND = 100;

export interface DecisionLogParts {
  readonly log: Logger;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** From 0 to 1: how many of the passes are logged. */
  readonly passes: number;
  /** From 0, without 1. */
  readonly random?: () => number;
}

/** What was decided: every denial and a sample of passes, at most so many lines a second. */
export class DecisionLog {
  /** From 0 to 1; a reload may change it. */
  passes: number;
  private readonly log: Logger;
  private readonly random: () => number;
  private readonly denialLimit: LineLimit;
  private readonly passLimit: LineLimit;

  constructor({ log, clock, passes, random = Math.random }: DecisionLogParts) {
    this.log = log;
    this.passes = passes;
    this.random = random;
    const limit = (outcome: string): LineLimit =>
      new LineLimit({
        linesPerSecond: LINES_PER_SECOND,
        clock,
        tell: (suppressed) => log.warn({ outcome, suppressed }, 'lines were left out'),
      });
    this.denialLimit = limit('denied');
    this.passLimit = limit('allowed');
  }

  /** Lines left out since the start. */
  get suppressed(): number {
    return this.denialLimit.suppressed + this.passLimit.suppressed;
  }

  record(request: AccessRequest, decision: Decision): void {
    const denial = decision.outcome === 'deny' ? decision : decision.shadowed;
    if (denial !== undefined) this.recordDenial(request, denial, decision.outcome);
    else if (this.passes > 0 && this.random() < this.passes) this.recordPass(request, decision);
  }

  /** Tells what was left out last. */
  close(): void {
    this.denialLimit.close();
    this.passLimit.close();
  }

  private recordDenial(request: AccessRequest, denial: Deny, outcome: Decision['outcome']): void {
    if (!this.log.isLevelEnabled('info') || !this.denialLimit.admit()) return;
    this.log.info(describe(request, denial), outcome === 'deny' ? 'denied' : 'would be denied');
  }

  private recordPass(request: AccessRequest, decision: Decision): void {
    if (!this.log.isLevelEnabled('info') || !this.passLimit.admit()) return;
    this.log.info(describe(request, decision), 'allowed');
  }
}

function describe(request: AccessRequest, decision: Decision): object {
  const credential = decision.credential;
  return {
    door: request.door,
    method: request.method.slice(0, MAX_METHOD_LENGTH),
    ...(decision.route === undefined ? { path: redactPath(request.path) } : { route: decision.route.pattern }),
    ...(decision.outcome === 'deny' ? whyOf(decision) : {}),
    ...(credential === undefined ? {} : { issuer: credential.identity.issuer, subject: credential.identity.subject }),
    ...(credential?.identity.tokenId === undefined ? {} : { tokenId: credential.identity.tokenId }),
    ...credentialOf(request),
  };
}

function whyOf({ reason, check, issuer }: Deny): object {
  return { reason, check, ...(issuer === undefined ? {} : { issuer }) };
}

/** Names the token by a hash, so that a client's complaint can be found here. Never a password, not even hashed. */
function credentialOf(request: AccessRequest): object {
  const presented = readCredential(request.authorization);
  const isToken = presented.scheme === 'bearer' && !presentsSeveral(presented.value);
  return isToken ? { token: fingerprint(presented.value) } : {};
}
