import type { Decision } from '../../core/decision.ts';
import type { DecisionObserver, Timing } from '../../core/ports.ts';
import type { AccessRequest } from '../../core/request.ts';
import { messageOf } from '../../lib/errors.ts';
import type { ConfigStatus } from '../config-status.ts';
import type { Failures } from '../failures.ts';
import type { Forwarding } from '../forwarding.ts';
import type { LogInLog, RefusedLogIn } from '../log/log-in-log.ts';
import type { Logs } from '../log/logs.ts';
import { possibleTokens, secretsOf, withoutSecrets } from '../log/own-credential.ts';
import type { Repeats } from '../log/repeats.ts';
import type { DecisionCells } from '../metrics/decision-cells.ts';
import type { DecisionDurations } from '../metrics/decision-durations.ts';
import type { KeptPasses } from '../metrics/kept-passes.ts';
import type { TracedDecisionLog } from '../tracing/traced-decision-log.ts';
import type { DoorEvents, DoorState, EndCause } from './door-events.ts';

/** Where events go. */
export interface EventsParts {
  readonly logs: Logs;
  readonly cells: DecisionCells;
  readonly durations: DecisionDurations;
  readonly tracedLog: Pick<TracedDecisionLog, 'record'>;
  readonly failures: Failures;
  readonly doors: DoorEvents;
  readonly forwarding: Forwarding;
  readonly repeats: Repeats;
  readonly logIns: LogInLog;
  readonly configStatus: ConfigStatus;
  readonly keptPasses: KeptPasses;
}

const CLOCK_BEHIND =
  "no token is issued: this instance's clock is behind the time up to which the account's tokens are revoked; " +
  'synchronise the clocks of all instances and of the store, or remove a not-before mark that was set by mistake';

const REFRESH_REUSED =
  'a refresh token was used twice, so its family was revoked: it was stolen, or its client repeated a request without an ' +
  'Idempotency-Key or runs twice';

/** Logs and counts the events of Sallyport, with one method for each event. */
export class Events implements DecisionObserver {
  private readonly parts: EventsParts;

  constructor(parts: EventsParts) {
    this.parts = parts;
    parts.logs.onAuditFailed = (error) => this.auditFailed(error);
  }

  decided(request: AccessRequest, decision: Decision, timing?: Timing, beganMs?: number): void {
    const { cells, durations, tracedLog: decisionLog } = this.parts;
    cells.count(request, decision);
    if (timing !== undefined) durations.add(timing);
    decisionLog.record(request, decision, timing, beganMs);
  }

  /** A gateway let requests pass by a kept answer, without asking. */
  passedByKept(issuer: string, route: string, passes: number): void {
    this.parts.keptPasses.count(issuer, route, passes);
  }

  /** @param request its credential is redacted, in case the error contains it. */
  failed(error: unknown, request?: AccessRequest): void {
    const message = 'a part that the decision needs failed';
    const secrets = request === undefined ? [] : secretsOf(request.authorization, possibleTokens(request));
    this.report(this.parts.failures.count(error), error, {}, message, secrets);
  }

  callFailed(call: string, error: unknown): void {
    this.reportFailure(error, { call }, 'a call failed');
  }

  /** @param door its key under `listen`, as in the two below. */
  doorOpened(door: string, state: DoorState, causes: readonly EndCause[]): void {
    this.parts.doors.doorOpened(door, state, causes);
  }

  connectionEnded(door: string, cause: EndCause, client: string | undefined): void {
    this.parts.doors.connectionEnded(door, cause, client);
  }

  handshakeFailed(door: string, client: string | undefined, error: unknown): void {
    this.parts.doors.handshakeFailed(door, client, error);
  }

  lastUsesFailed(error: unknown): void {
    this.reportFailure(error, {}, 'the last uses of tokens could not be written: they are written later');
  }

  reporterKeysFailed(error: unknown): void {
    this.reportFailure(
      error,
      {},
      'the public keys of the reporter of leaks could not be fetched (apiKeys.leakReports)',
    );
  }

  endingTokensFailed(error: unknown): void {
    this.reportFailure(error, {}, 'the tokens that end soon could not be counted: the former figures stay');
  }

  basicUsesFailed(error: unknown): void {
    this.reportFailure(error, {}, 'the uses of passwords on routes could not be written: they are written later');
  }

  /** Counts each, but logs only the first of each door. */
  forwardedForIgnored(door: string, peer: string): void {
    this.forwardingIgnored(
      door,
      peer,
      'ignored',
      'X-Forwarded-* is ignored: it comes from a peer that trustedProxies does not list, so all clients behind that peer count as one',
    );
  }

  /** Counts each, but logs only the first of each door. */
  gatewayNotTrusted(door: string, peer: string): void {
    this.forwardingIgnored(
      door,
      peer,
      'denied',
      'requests to /auth are denied: they come from a peer that trustedProxies does not list; if it is your gateway, list its address there',
    );
  }

  /** A gateway asks, and there is no mode, or another one than the gateway's. */
  gatewayNotExpected(door: string, peer: string): void {
    const { logs, repeats } = this.parts;
    repeats.tell(`mode ${door}`, (repeated) => {
      logs.app.warn(
        { door, peer, ...repeated },
        `requests to /auth or below it are answered with 404: set listen.${door}.mode to that of your gateway`,
      );
    });
  }

  private forwardingIgnored(door: string, peer: string, effect: 'ignored' | 'denied', message: string): void {
    const { forwarding, logs } = this.parts;
    if (forwarding.count(door, peer, effect)) logs.app.warn({ door, peer }, message);
  }

  /** @param workers the number of workers; `undefined` if there are none. */
  started(doors: Readonly<Record<string, string | undefined>>, workers?: number): void {
    this.parts.logs.app.info({ ...doors, workers }, 'ready');
  }

  stopped(): void {
    this.parts.logs.app.info('stopped');
  }

  /** @param needRestart settings whose new values take effect at the next start. */
  reloaded(needRestart: readonly string[]): void {
    const { configStatus, logs } = this.parts;
    configStatus.accepted(needRestart);
    if (needRestart.length > 0)
      logs.app.warn({ needRestart }, 'configuration taken up, except for settings that need a restart');
  }

  issuersGone(names: readonly string[]): void {
    this.parts.logs.app.warn(
      { names },
      'these issuers were removed: their tokens are refused, and their revocations apply to these names only',
    );
  }

  reloadRefused(why: string): void {
    this.parts.configStatus.refused();
    this.parts.logs.app.error({ why }, 'configuration not taken up: the former one stays in force');
  }

  stopping(delayMs: number): void {
    this.parts.logs.app.info({ delayMs }, 'stopping');
  }

  storeOnNetworkFileSystem(path: string, fileSystem: string): void {
    this.parts.logs.app.warn(
      { path, fileSystem },
      'the store is on a network file system, where SQLite may lose acknowledged writes',
    );
  }

  storeWarned(warning: string): void {
    this.parts.logs.app.warn(warning);
  }

  storeNotRenewed(error: unknown): void {
    this.reportFailure(error, {}, 'the store refuses its renewed credentials: existing connections stay open');
  }

  /** Called for each failed attempt to open the store. */
  storeAwaited(cause: unknown): void {
    const { logs, repeats } = this.parts;
    repeats.tell(`store awaited ${messageOf(cause)}`, (repeated) => {
      logs.app.warn({ cause: messageOf(cause), ...repeated }, 'waiting for the store: not ready until it answers');
    });
  }

  /** Logs the last line of a failed start. */
  notStarted(error: unknown): void {
    this.parts.logs.app.fatal({ cause: messageOf(error) }, 'not started');
  }

  clockBehindMark(accountId: string, behindSeconds: number): void {
    this.parts.repeats.tell('clock behind', (repeated) => {
      this.parts.logs.app.error({ account: accountId, behindSeconds, ...repeated }, CLOCK_BEHIND);
    });
  }

  refreshTokenReused(accountId: string, family: string): void {
    this.parts.failures.refreshReuses += 1;
    this.parts.repeats.tell(`refresh token reused ${accountId}`, (repeated) => {
      this.parts.logs.app.warn({ account: accountId, family, ...repeated }, REFRESH_REUSED);
    });
  }

  logInRefused(client: string, refusal: RefusedLogIn): void {
    this.parts.logIns.refused(client, refusal);
  }

  /** Counts a name and a password that were presented, to log in or with a request. */
  credentialsChecked(outcome: string): void {
    this.parts.logIns.count(outcome);
  }

  guessesSpent(account: string | undefined, whose: string, client: string | undefined): void {
    this.parts.logIns.guessesSpent(account, whose, client);
  }

  logInHistoryFailed(error: unknown): void {
    this.reportFailure(
      error,
      {},
      'the history of log-ins cannot be reached: this instance counts wrong passwords on its own',
    );
  }

  ownKeysChanged(added: readonly string[], dropped: readonly string[]): void {
    this.parts.logs.app.info({ added, dropped }, 'signing keys changed');
  }

  ownKeySigns(kid: string): void {
    this.parts.logs.app.info({ kid }, 'another signing key is in use from now on');
  }

  ownKeysOfOtherAlgorithm(has: string | undefined, wanted: string): void {
    this.parts.logs.app.warn(
      { has, wanted },
      'the current signing key does not have the algorithm of signing.algorithm: run `sallyport keys rotate`',
    );
  }

  ownKeysFailed(error: unknown): void {
    this.reportFailure(
      error,
      {},
      'the signing keys cannot be read: cached keys still verify tokens, but nothing is signed',
    );
  }

  ownKeysRecovered(): void {
    this.parts.logs.app.info('the signing keys can be read again');
  }

  reopenFailed(error: unknown): void {
    this.report('audit', error, {}, 'the audit log could not be reopened: it stays in its former file');
  }

  private auditFailed(error: unknown): void {
    this.parts.failures.audit += 1;
    this.report('audit', error, {}, 'a line could not be written to log.audit and went to the common log');
  }

  private reportFailure(error: unknown, facts: object, message: string): void {
    this.report(this.parts.failures.count(error), error, facts, message);
  }

  private report(part: string, error: unknown, facts: object, message: string, secrets: readonly string[] = []): void {
    const { logs, repeats } = this.parts;
    const cause = withoutSecrets(messageOf(error), secrets);
    repeats.tell(`${part} ${message} ${cause}`, (repeated) => {
      logs.app.error({ part, ...facts, cause, ...repeated }, message);
    });
  }
}
