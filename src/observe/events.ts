import type { LogLevel } from '../config/config.ts';
import { presentsSeveral, readCredential } from '../core/credential.ts';
import type { Decision, Deny } from '../core/decision.ts';
import type { DecisionObserver } from '../core/ports.ts';
import type { AccessRequest } from '../core/request.ts';
import type { Logger } from './logger.ts';
import { fingerprint, redactPath } from './redaction.ts';

/** A method may be whatever a client invents, and as long as a header. */
const MAX_METHOD_LENGTH = 32;
const MAX_KID_LENGTH = 64;

/** Everything that Sallyport says about itself, one function an event. */
export class Events implements DecisionObserver {
  private readonly log: Logger;

  constructor(log: Logger) {
    this.log = log;
  }

  decided(request: AccessRequest, decision: Decision): void {
    if (decision.outcome === 'deny') this.log.info(describe(request, decision), 'denied');
    else if (decision.shadowed !== undefined) this.log.info(describe(request, decision.shadowed), 'would be denied');
    else if (this.log.isLevelEnabled('debug')) this.log.debug(describe(request, decision), 'allowed');
  }

  failed(error: unknown): void {
    this.log.error({ cause: messageOf(error) }, 'a part that the decision needs did not answer');
  }

  started(facts: { readonly extAuthz?: string | undefined; readonly tokens?: string | undefined }): void {
    this.log.info(facts, 'ready');
  }

  /** @param needRestart keys whose new values count from the next start on. */
  reloaded(needRestart: readonly string[]): void {
    if (needRestart.length === 0) this.log.info('configuration taken up');
    else this.log.warn({ needRestart }, 'configuration taken up, but for what needs a restart');
  }

  reloadRefused(why: string): void {
    this.log.error({ why }, 'configuration not taken up: the one in force stays');
  }

  stopping(delayMs: number): void {
    this.log.info({ delayMs }, 'stopping');
  }

  setLevel(level: LogLevel): void {
    this.log.level = level;
  }

  stopped(): void {
    this.log.info('stopped');
  }

  accountCreated(name: string): void {
    this.log.info({ audit: true, account: name }, 'first account created from SALLYPORT_ACCOUNT');
  }

  storeOnNetworkFileSystem(path: string, fileSystem: string): void {
    this.log.warn(
      { path, fileSystem },
      'the store lies on a network file system, where SQLite may lose what it acknowledged',
    );
  }

  tokenIssued(by: Actor, token: { readonly id: string; readonly scopes: readonly string[] }): void {
    this.log.info({ audit: true, ...by, id: token.id, scopes: token.scopes }, 'token issued');
  }

  tokenRevoked(by: Actor, id: string): void {
    this.log.info({ audit: true, ...by, id }, 'token revoked');
  }

  keySetFetched(issuer: string, kids: Kids): void {
    this.log.info({ issuer, kids: namesOf(kids) }, 'key set fetched');
  }

  keySetChanged(issuer: string, added: Kids, dropped: Kids): void {
    this.log.info({ issuer, added: namesOf(added), dropped: namesOf(dropped) }, 'key set changed');
  }

  /** @param failures how many in a row. */
  keySetFailed(issuer: string, error: unknown, failures: number): void {
    this.log.warn({ issuer, failures, cause: messageOf(error) }, 'key set not refreshed');
  }

  keySetRecovered(issuer: string, failures: number): void {
    this.log.info({ issuer, failures }, 'key set refreshed again');
  }

  keySetOutdated(issuer: string): void {
    this.log.error({ issuer }, 'key set too old: no token of this issuer can be verified');
  }

  callFailed(call: string, error: unknown): void {
    this.log.error({ call, cause: messageOf(error) }, 'a call failed');
  }
}

/** The `kid`s of keys, which may have none. */
type Kids = readonly (string | undefined)[];

/** Who did something: the account's id, and the client's address as far as a trusted proxy tells it. */
export interface Actor {
  readonly account: string;
  readonly client: string;
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

/** An issuer's names may be as long as its whole document. */
function namesOf(kids: Kids): readonly string[] {
  return kids.map((kid) => (kid === undefined ? '(no kid)' : kid.slice(0, MAX_KID_LENGTH)));
}

/** The messages of an error and its causes; stacks and properties may hold what was being worked on. */
function messageOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return String(error);
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  const words = error.message === '' ? error.name : error.message;
  return inner === undefined || depth > 4 ? words : `${words}: ${messageOf(inner, depth + 1)}`;
}
