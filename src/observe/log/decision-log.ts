import type { Config } from '../../config/config.ts';
import { checkText } from '../../core/check-text.ts';
import { presentsSeveral, readCredential } from '../../core/credential.ts';
import type { Decision, Deny } from '../../core/decision.ts';
import type { Clock } from '../../core/ports.ts';
import type { AccessRequest } from '../../core/request.ts';
import { LineLimit } from './line-limit.ts';
import type { Logger } from './logger.ts';
import { secretsOf, withoutSecrets } from './own-credential.ts';
import { fingerprint } from './redaction.ts';
import { RequestText } from './request-text.ts';

/** Of denials, and of passes again, so that a flood of the one hides nothing of the other. */
const LINES_PER_SECOND = 100;
/** What browsers ask every host for, unasked: of no interest unless somebody looks for it. */
const ASKED_BY_BROWSERS = /^\/(?:favicon\.ico|apple-touch-icon[\w-]*\.png|robots\.txt)(?:\?|$)/;

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
  /** From 0 to 1. */
  private passes: number;
  /** How the log may name a request without a route. */
  private readonly words = new RequestText();
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

  /** Takes up another share of passes to log, and the routes whose names the log may show. */
  reconfigure({ log, routes }: Pick<Config, 'log' | 'routes'>): void {
    this.passes = log.passes;
    this.words.reconfigure(routes);
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
    const level = denial.reason === 'route_denied' && ASKED_BY_BROWSERS.test(request.path) ? 'debug' : 'info';
    if (!this.log.isLevelEnabled(level) || !this.denialLimit.admit()) return;
    this.log[level](this.describe(request, denial), outcome === 'deny' ? 'denied' : 'would be denied');
  }

  private recordPass(request: AccessRequest, decision: Decision): void {
    if (!this.log.isLevelEnabled('info') || !this.passLimit.admit()) return;
    this.log.info(this.describe(request, decision), 'allowed');
  }

  private describe(request: AccessRequest, decision: Decision): object {
    const { door, method, path, authorization } = request;
    const { route, credential } = decision;
    const facts = {
      door,
      method: this.words.nameMethod(method),
      ...(route === undefined ? { path: this.words.namePath(path) } : { route: route.pattern }),
      ...(decision.outcome === 'deny' ? whyOf(decision) : {}),
      ...(credential === undefined ? {} : { issuer: credential.identity.issuer, subject: credential.identity.subject }),
      ...(credential?.identity.tokenId === undefined ? {} : { tokenId: credential.identity.tokenId }),
    };
    return { ...withoutOwn(facts, secretsOf(authorization)), ...credentialOf(request) };
  }
}

/** An issuer may name a token by itself, and a client write its token anywhere. */
function withoutOwn(facts: object, secrets: readonly string[]): object {
  if (secrets.length === 0) return facts;
  const clean = (value: unknown): unknown => (typeof value === 'string' ? withoutSecrets(value, secrets) : value);
  return Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, clean(value)]));
}

function whyOf({ reason, check, issuer }: Deny): object {
  return { reason, check: checkText(check), ...(issuer === undefined ? {} : { issuer }) };
}

/** Names the token by a hash, so that a client's complaint can be found here. Never a password, not even hashed. */
function credentialOf(request: AccessRequest): object {
  const presented = readCredential(request.authorization);
  const isToken = presented.scheme === 'bearer' && !presentsSeveral(presented.value);
  return isToken ? { token: fingerprint(presented.value) } : {};
}
