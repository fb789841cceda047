import { isIP } from 'node:net';
import type { Config } from '../../config/config.ts';
import { checkText } from '../../core/check-text.ts';
import type { Presented } from '../../core/credential/credential.ts';
import { presentsSeveral, readCredential } from '../../core/credential/credential.ts';
import type { Misplaced } from '../../core/credential/places/read-places.ts';
import { readPresented } from '../../core/credential/places/read-places.ts';
import type { Decision, Deny } from '../../core/decision.ts';
import type { FindingContext } from '../../core/finding/finding-of.ts';
import { findingOf } from '../../core/finding/finding-of.ts';
import type { Clock } from '../../core/ports.ts';
import type { AccessRequest } from '../../core/request.ts';
import type { Route } from '../../core/route.ts';
import { timeOf } from '../../lib/time-format.ts';
import { shown } from '../../lib/wording.ts';
import { correlationText } from './correlation-text.ts';
import { LineLimit } from './line-limit.ts';
import type { Logger } from './logger.ts';
import { describeMcp } from './mcp-text.ts';
import { possibleTokens, secretsOf, withoutSecrets } from './own-credential.ts';
import { fingerprint } from './redaction.ts';
import type { NamedByConfig } from './request-text.ts';
import { HIDDEN, RequestText } from './request-text.ts';

/** Applies to denials and passes separately, so that a flood of one does not hide the other. */
const LINES_PER_SECOND = 100;
/** Browsers request these paths of every host by themselves. Their denials are logged at level `debug`. */
const REQUESTED_BY_BROWSERS = /^\/(?:favicon\.ico|apple-touch-icon[\w-]*\.png|robots\.txt)(?:\?|$)/;

export interface DecisionLogParts {
  readonly log: Logger;
  readonly clock: Clock;
  /** The share of passes to log, from 0 to 1. */
  readonly passes: number;
  /** From 0 to below 1. */
  readonly random?: () => number;
}

/** Logs every denial and a sample of passes, with a limit on lines per second. */
export class DecisionLog {
  private passes: number;
  private clockSkewMs = 0;
  private readonly clock: Clock;
  private readonly text = new RequestText();
  private readonly log: Logger;
  private readonly random: () => number;
  private readonly denialLimit: LineLimit;
  private readonly passLimit: LineLimit;

  constructor({ log, clock, passes, random = Math.random }: DecisionLogParts) {
    this.log = log;
    this.clock = clock;
    this.passes = passes;
    this.random = random;
    const limit = (outcome: string): LineLimit =>
      new LineLimit({
        linesPerSecond: LINES_PER_SECOND,
        clock,
        report: (suppressed) => log.warn({ outcome, suppressed }, 'lines were left out'),
      });
    this.denialLimit = limit('denied');
    this.passLimit = limit('allowed');
  }

  /** Sets the share of passes to log, and the configuration whose words the log may show. */
  reconfigure(config: Pick<Config, 'log' | 'clockSkewMs'> & NamedByConfig): void {
    this.passes = config.log.passes;
    this.clockSkewMs = config.clockSkewMs;
    this.text.reconfigure(config);
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

  /** Logs the number of lines left out since the last report. */
  close(): void {
    this.denialLimit.close();
    this.passLimit.close();
  }

  private recordDenial(request: AccessRequest, denial: Deny, outcome: Decision['outcome']): void {
    const level = denial.reason === 'route_denied' && REQUESTED_BY_BROWSERS.test(request.path) ? 'debug' : 'info';
    if (!this.log.isLevelEnabled(level) || !this.denialLimit.admit()) return;
    this.log[level](this.describe(request, denial), outcome === 'deny' ? 'denied' : 'would be denied');
  }

  private recordPass(request: AccessRequest, decision: Decision): void {
    if (!this.log.isLevelEnabled('info') || !this.passLimit.admit()) return;
    this.log.info(this.describe(request, decision), 'allowed');
  }

  private describe(request: AccessRequest, decision: Decision): object {
    const { door, authorization } = request;
    const { route, credential } = decision;
    const presented = route === undefined ? readCredential(request.authorization) : readPresented(request, route);
    const secrets = secretsOf(authorization, tokensElsewhere(request, route, presented));
    const facts = {
      door,
      ...correlationText(request),
      ...describeClient(request),
      ...this.describeTarget(request, route),
      ...describeMcp(request, route),
      ...(decision.outcome === 'deny' ? describeDenial(decision, this.context()) : {}),
      ...(credential === undefined ? {} : { issuer: credential.identity.issuer, subject: credential.identity.subject }),
      ...(credential?.identity.tokenId === undefined ? {} : { tokenId: credential.identity.tokenId }),
    };
    return { ...redactFacts(facts, secrets), ...describeCredential(presented) };
  }

  private context(): FindingContext {
    return { nowMs: this.clock.wallMs(), clockSkewMs: this.clockSkewMs, timeOf, shown };
  }

  /** A scope is named only if a route requires it: a client may ask about any text. */
  private describeTarget({ method, host, path, scope }: AccessRequest, route: Route | undefined): object {
    if (scope !== undefined) return { scope: route?.pattern ?? HIDDEN };
    const where = route === undefined ? { path: this.text.namePath(path) } : { route: route.pattern };
    const authority = host === '' ? {} : { host: this.text.nameHost(host) };
    return { ...authority, method: this.text.nameMethod(method), ...where };
  }
}

/** Removes the request's own credential: an issuer may use it as the token's id, a client may put it anywhere. */
function redactFacts(facts: object, secrets: readonly string[]): object {
  if (secrets.length === 0) return facts;
  const clean = (value: unknown): unknown => (typeof value === 'string' ? withoutSecrets(value, secrets) : value);
  return Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, clean(value)]));
}

/** Empty if the address is not known; the log must not fail because a gateway names its peer in an unreadable way. */
function describeClient({ client }: AccessRequest): object {
  try {
    const address = client?.() ?? '';
    return isIP(address) === 0 ? {} : { client: address };
  } catch {
    return {};
  }
}

function describeDenial(denial: Deny, context: FindingContext): object {
  const { reason, check, issuer } = denial;
  const known = issuer === undefined ? {} : { issuer };
  return { reason, check: checkText(check), ...findingOf(denial, context), ...known };
}

/** The tokens in the places of the route besides Authorization; every possible one if it was not read for certain. */
function tokensElsewhere(
  request: AccessRequest,
  route: Route | undefined,
  presented: Presented | Misplaced,
): readonly string[] {
  if (route?.credentialPlaces === undefined) return [];
  return 'value' in presented ? [presented.value] : possibleTokens(request);
}

/** Identifies a token by a hash, to find the lines of a known token. Never describes a password, not even hashed. */
function describeCredential(presented: Presented | Misplaced): object {
  const isToken = presented.scheme === 'bearer' && !presentsSeveral(presented.value);
  return isToken ? { token: fingerprint(presented.value) } : {};
}
