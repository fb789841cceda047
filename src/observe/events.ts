import type { Decision } from '../core/decision.ts';
import type { DecisionObserver, RevocationObserver, Timing } from '../core/ports.ts';
import type { AccessRequest } from '../core/request.ts';
import type { ConfigStatus } from './config-status.ts';
import type { Failures } from './failures.ts';
import type { Forwarding } from './forwarding.ts';
import type { DecisionLog } from './log/decision-log.ts';
import { messageOf } from './log/error-message.ts';
import type { LogInLog, RefusedLogIn } from './log/log-in-log.ts';
import type { Logs } from './log/logs.ts';
import { secretsOf, withoutSecrets } from './log/own-credential.ts';
import type { Repeats } from './log/repeats.ts';
import type { DecisionCells } from './metrics/decision-cells.ts';
import type { DecisionDurations } from './metrics/decision-durations.ts';

/** Where events go to. */
export interface EventsParts {
  readonly logs: Logs;
  readonly cells: DecisionCells;
  readonly durations: DecisionDurations;
  readonly decisionLog: DecisionLog;
  readonly failures: Failures;
  readonly forwarding: Forwarding;
  readonly repeats: Repeats;
  readonly logIns: LogInLog;
  readonly configStatus: ConfigStatus;
}

const CLOCK_BEHIND =
  "no token is issued: this instance's clock is behind the time up to which the account's tokens have ended; " +
  'synchronise the clocks of all instances and of the store, or remove a not-before mark that was set by mistake';

/** Everything that Sallyport says about itself, one function an event. */
export class Events implements DecisionObserver, RevocationObserver {
  private readonly parts: EventsParts;

  constructor(parts: EventsParts) {
    this.parts = parts;
    parts.logs.onAuditFailed = (error) => this.auditFailed(error);
  }

  decided(request: AccessRequest, decision: Decision, timing?: Timing): void {
    const { cells, durations, decisionLog } = this.parts;
    cells.count(request, decision);
    if (timing !== undefined) durations.add(timing);
    decisionLog.record(request, decision);
  }

  /** @param request whose credential may be in the error: it is taken out. */
  failed(error: unknown, request?: AccessRequest): void {
    const message = 'a part that the decision needs did not answer';
    this.tell(this.parts.failures.count(error), error, {}, message, secretsOf(request?.authorization));
  }

  callFailed(call: string, error: unknown): void {
    this.tellFailure(error, { call }, 'a call failed');
  }

  /** @param door its key under `listen`. */
  handshakeFailed(door: string, client: string | undefined, error: unknown): void {
    const { failures, logs, repeats } = this.parts;
    failures.countHandshake(door);
    // OpenSSL's message names a thread; its reason is the same each time.
    const cause = error instanceof Error && 'reason' in error ? String(error.reason) : messageOf(error);
    repeats.tell(`handshake ${door} ${cause}`, (repeated) => {
      const facts = { door, client, cause, ...(repeated === 0 ? {} : { repeated }) };
      logs.app.warn(facts, 'TLS handshake failed');
    });
  }

  lastUsesFailed(error: unknown): void {
    this.tellFailure(error, {}, 'when tokens were last used is not written yet');
  }

  basicUsesFailed(error: unknown): void {
    this.tellFailure(error, {}, 'how often passwords came to routes is not written yet');
  }

  /** Counted; the log has the first of each door. */
  forwardedForIgnored(door: string, peer: string): void {
    const { forwarding, logs } = this.parts;
    if (!forwarding.count(door, peer)) return;
    logs.app.warn(
      { door, peer },
      'X-Forwarded-For is ignored: it comes from a peer that trustedProxies does not list, so all clients behind that peer count as one',
    );
  }

  started(doors: Readonly<Record<string, string | undefined>>): void {
    this.parts.logs.app.info(doors, 'ready');
  }

  stopped(): void {
    this.parts.logs.app.info('stopped');
  }

  /** @param needRestart keys whose new values count from the next start on. */
  reloaded(needRestart: readonly string[]): void {
    const { configStatus, logs } = this.parts;
    configStatus.taken();
    if (needRestart.length > 0) logs.app.warn({ needRestart }, 'configuration taken up, but for what needs a restart');
  }

  issuersGone(names: readonly string[]): void {
    this.parts.logs.app.warn(
      { names },
      'these issuers are gone, and their tokens refused: what was revoked counts under these names alone',
    );
  }

  reloadRefused(why: string): void {
    this.parts.configStatus.refused();
    this.parts.logs.app.error({ why }, 'configuration not taken up: the one in force stays');
  }

  stopping(delayMs: number): void {
    this.parts.logs.app.info({ delayMs }, 'stopping');
  }

  storeOnNetworkFileSystem(path: string, fileSystem: string): void {
    this.parts.logs.app.warn(
      { path, fileSystem },
      'the store lies on a network file system, where SQLite may lose what it acknowledged',
    );
  }

  storeWarned(warning: string): void {
    this.parts.logs.app.warn(warning);
  }

  storeNotRenewed(error: unknown): void {
    this.tellFailure(error, {}, 'the store does not take its credentials as they are now: what is connected goes on');
  }

  /** Told at each attempt to open the store. */
  storeAwaited(cause: unknown): void {
    const { logs, repeats } = this.parts;
    repeats.tell(`store awaited ${messageOf(cause)}`, (repeated) => {
      const facts = { cause: messageOf(cause), ...(repeated === 0 ? {} : { repeated }) };
      logs.app.warn(facts, 'waiting for the store: not ready until it answers');
    });
  }

  /** The last line of a start that failed. */
  notStarted(error: unknown): void {
    this.parts.logs.app.fatal({ cause: messageOf(error) }, 'not started');
  }

  feedLost(cause: Error): void {
    this.parts.logs.app.warn(
      { cause: messageOf(cause) },
      'revocation feed lost: every decision asks the store until it is back',
    );
  }

  feedBack(): void {
    this.parts.logs.app.info('revocation feed back');
  }

  outageBegan(cause: Error): void {
    this.parts.logs.app.error({ cause: messageOf(cause) }, 'outage: the revocation set cannot be read in time');
  }

  outageEnded(): void {
    this.parts.logs.app.info('outage over: the revocation set can be read');
  }

  setLost(sinceSeconds: number): void {
    this.parts.logs.app.error(
      { since: new Date(sinceSeconds * 1_000).toISOString() },
      'the revocation set was lost: nothing passes that asks for a credential; see what it lacks, then run `sallyport store accept-loss`',
    );
  }

  setAccepted(): void {
    this.parts.logs.app.warn('the loss of the revocation set was accepted: it counts again as it is');
  }

  entriesRewritten(count: number): void {
    this.parts.logs.app.warn({ count }, 'revocations that the store had lost were written again');
  }

  entriesVanished(count: number): void {
    this.parts.repeats.tell('vanished', (repeated) => {
      const facts = { count, ...(repeated === 0 ? {} : { repeated }) };
      this.parts.logs.app.warn(
        facts,
        'revocations are gone before their time (dropped by the store, expired by a clock that is ahead, or deleted by hand): they still count, and are written again; `sallyport token unrevoke` takes one back',
      );
    });
  }

  clockBehindMark(accountId: string, behindSeconds: number): void {
    this.parts.repeats.tell('clock behind', (repeated) => {
      const facts = { account: accountId, behindSeconds, ...(repeated === 0 ? {} : { repeated }) };
      this.parts.logs.app.error(facts, CLOCK_BEHIND);
    });
  }

  logInRefused(client: string, refusal: RefusedLogIn): void {
    this.parts.logIns.refused(client, refusal);
  }

  /** A name and a password were presented, to log in or with a request. */
  credentialsChecked(outcome: string): void {
    this.parts.logIns.count(outcome);
  }

  guessesSpent(account: string | undefined, whose: string, client: string | undefined): void {
    this.parts.logIns.guessesSpent(account, whose, client);
  }

  logInHistoryFailed(error: unknown): void {
    this.tellFailure(
      error,
      {},
      'the history of log-ins cannot be reached: this instance counts wrong passwords by itself',
    );
  }

  ownKeysChanged(added: readonly string[], dropped: readonly string[]): void {
    this.parts.logs.app.info({ added, dropped }, 'signing keys changed');
  }

  ownKeySigns(kid: string): void {
    this.parts.logs.app.info({ kid }, 'another signing key signs from now on');
  }

  ownKeysOfOtherAlgorithm(has: string | undefined, wanted: string): void {
    this.parts.logs.app.warn(
      { has, wanted },
      'the signing key is for another algorithm than signing.algorithm: `sallyport keys rotate` changes over',
    );
  }

  ownKeysFailed(error: unknown): void {
    this.tellFailure(error, {}, 'the signing keys cannot be read: the known ones verify, and nothing is signed');
  }

  ownKeysRecovered(): void {
    this.parts.logs.app.info('the signing keys can be read again');
  }

  reopenFailed(error: unknown): void {
    this.tell('audit', error, {}, 'the audit log goes on in its former file');
  }

  private auditFailed(error: unknown): void {
    this.parts.failures.audit += 1;
    this.tell('audit', error, {}, 'log.audit did not take a line, which went to the common log');
  }

  private tellFailure(error: unknown, facts: object, message: string): void {
    this.tell(this.parts.failures.count(error), error, facts, message);
  }

  private tell(part: string, error: unknown, facts: object, message: string, secrets: readonly string[] = []): void {
    const { logs, repeats } = this.parts;
    const cause = withoutSecrets(messageOf(error), secrets);
    repeats.tell(`${part} ${message} ${cause}`, (repeated) => {
      logs.app.error({ part, ...facts, cause, ...(repeated === 0 ? {} : { repeated }) }, message);
    });
  }
}
