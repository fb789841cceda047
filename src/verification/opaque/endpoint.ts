import type { IntrospectionFailure } from '../../core/check.ts';
import type { CircuitParts, Permit } from '../../remote/circuit.ts';
import { Circuit } from '../../remote/circuit.ts';
import type { Failure } from '../../remote/failure.ts';
import { failureOf } from '../../remote/failure.ts';
import { UnexpectedAnswer } from '../../remote/fetch-text.ts';
import type { Answer } from './answer.ts';
import { readAnswer } from './answer.ts';
import type { Trouble } from './client-check.ts';
import { ClientCheck } from './client-check.ts';
import type { Ask, Server } from './introspection-request.ts';

/** The most open requests to one server about tokens that it has vouched for before. */
const MAX_OPEN_VOUCHED = 64;
/** The most open requests about other tokens, so that a flood of invented tokens leaves room for good ones. */
const MAX_OPEN_UNKNOWN = 48;

/** Observes whether introspection servers work. Must not throw. `issuer` is the configured name. */
export interface IntrospectionObserver {
  /** The server is considered down, or unreachable. @param failures how many in a row. */
  introspectionFailed(issuer: string, error: unknown, failures: number): void;
  /** The server refuses our credentials: an operator must correct the configuration of either side. */
  introspectionMisconfigured(issuer: string, error: unknown): void;
  introspectionRecovered(issuer: string, failures: number): void;
}

/** What all endpoints share. */
export interface EndpointEnvironment extends CircuitParts {
  readonly observer: IntrospectionObserver;
  readonly ask: Ask;
}

export interface EndpointParts extends EndpointEnvironment {
  readonly issuer: string;
  readonly server: Server;
  /** Aborts every request. */
  readonly closing: AbortSignal;
}

/** The state of an introspection endpoint, for operators. */
export interface EndpointStatus {
  /** The configured issuer's name. */
  readonly issuer: string;
  /** Failed requests about tokens that it has vouched for before, since the last successful one. */
  readonly failures: number;
  /** What is wrong regardless of the token, if anything is known. */
  readonly trouble: Trouble | undefined;
  /** The requests since the start, by outcome; `unasked` counts those that were never sent. */
  readonly requests: Readonly<Record<'active' | 'inactive' | 'failed' | 'unasked', number>>;
}

/** An introspection response, or why there is none, for the log. */
export type Reply = { readonly answer: Answer } | { readonly failure: IntrospectionFailure };

/**
 * An authorization server's introspection endpoint, protected from overload. Only requests about tokens that it has
 * vouched for before decide whether it is down, because anyone can invent a token to which it responds wrongly or late.
 */
export class Endpoint {
  private readonly parts: EndpointParts;
  private readonly circuit: Circuit;
  private readonly check: ClientCheck;
  private readonly requests = { active: 0, inactive: 0, failed: 0, unasked: 0 };
  private readonly open = { vouched: 0, unknown: 0 };
  /** The token whose request failed last; the trial repeats that request. */
  private failedToken = '';

  constructor(parts: EndpointParts) {
    this.parts = parts;
    this.circuit = new Circuit(parts);
    const { issuer, observer, ask, server, closing, clock } = parts;
    this.check = new ClientCheck({
      clock,
      askAboutNothing: () => ask(server, '', closing),
      began: (trouble, error) => {
        if (trouble === 'unreachable') observer.introspectionFailed(issuer, error, 1);
        else observer.introspectionMisconfigured(issuer, error);
      },
      ended: () => observer.introspectionRecovered(issuer, 1),
    });
  }

  /**
   * Asks the server about a token. Never rejects. Takes at most two seconds, or four if a trial must come first.
   *
   * @param wasGood whether this server has vouched for the token before.
   */
  async ask(token: string, wasGood: boolean): Promise<Reply> {
    const [kind, most] = wasGood ? (['vouched', MAX_OPEN_VOUCHED] as const) : (['unknown', MAX_OPEN_UNKNOWN] as const);
    if (this.open[kind] >= most) return this.refuse('busy');
    this.open[kind] += 1;
    try {
      return await this.askUnlessDown(token, wasGood);
    } finally {
      this.open[kind] -= 1;
    }
  }

  status(): EndpointStatus {
    const { circuit, check, requests } = this;
    return { issuer: this.parts.issuer, failures: circuit.failures, trouble: check.trouble, requests };
  }

  private async askUnlessDown(token: string, wasGood: boolean): Promise<Reply> {
    const permit = this.circuit.permit();
    if (permit === undefined) return this.refuse('down');
    if (permit === 'request' || wasGood) return this.send(token, wasGood, permit);
    await this.send(this.failedToken, true, permit);
    return this.circuit.isOpen ? this.refuse('down') : this.send(token, wasGood, 'request');
  }

  private async send(token: string, wasGood: boolean, permit: Permit): Promise<Reply> {
    try {
      const { ask, server, closing } = this.parts;
      const answer = readAnswer(await ask(server, token, closing));
      this.requests[answer.active ? 'active' : 'inactive'] += 1;
      this.check.clear();
      if (wasGood) this.answered();
      return { answer };
    } catch (error) {
      this.requests.failed += 1;
      const failure = failureOf(error);
      if (wasGood) this.failed(token, error, failure, permit);
      if (failure === 'refused' || (failure === 'away' && !wasGood)) void this.check.suspect();
      return { failure: error instanceof UnexpectedAnswer ? error.flaw : 'no answer' };
    }
  }

  private refuse(failure: 'busy' | 'down'): Reply {
    this.requests.unasked += 1;
    return { failure };
  }

  private answered(): void {
    const { failures } = this.circuit;
    if (this.circuit.succeeded()) this.parts.observer.introspectionRecovered(this.parts.issuer, failures);
  }

  private failed(token: string, error: unknown, failure: Failure, permit: Permit): void {
    // A server that responds at all is not down.
    if (failure !== 'away') return this.answered();
    this.failedToken = token;
    if (this.circuit.failed(permit)) {
      this.parts.observer.introspectionFailed(this.parts.issuer, error, this.circuit.failures);
    }
  }
}
