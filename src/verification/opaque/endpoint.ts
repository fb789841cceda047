import type { IntrospectionFailure } from '../../core/check.ts';
import { UnexpectedAnswer } from '../fetch-text.ts';
import type { Answer } from './answer.ts';
import { readAnswer } from './answer.ts';
import type { CircuitParts, Leave } from './circuit.ts';
import { Circuit } from './circuit.ts';
import type { Trouble } from './client-check.ts';
import { ClientCheck } from './client-check.ts';
import type { Failure } from './failure.ts';
import { failureOf } from './failure.ts';
import type { Ask, Server } from './introspection-request.ts';

/** How many questions may be open at one server about tokens that it vouched for before. */
const MAX_OPEN_VOUCHED = 64;
/** And how many about others, which may be made up: a flood of those takes no place from the good ones. */
const MAX_OPEN_UNKNOWN = 48;

/** Told when a server is taken for down, or for one that is not ours to ask, and when it no longer is. Must not throw. */
export interface IntrospectionObserver {
  /** @param failures how many in a row. */
  introspectionFailed(issuer: string, error: unknown, failures: number): void;
  /** The server does not take our credentials: somebody must mend the configuration, there or here. */
  introspectionMisconfigured(issuer: string, error: unknown): void;
  introspectionRecovered(issuer: string, failures: number): void;
}

/** What stands around every endpoint. */
export interface EndpointEnvironment extends CircuitParts {
  readonly observer: IntrospectionObserver;
  readonly ask: Ask;
}

export interface EndpointParts extends EndpointEnvironment {
  readonly issuer: string;
  readonly server: Server;
  /** Ends every question. */
  readonly closing: AbortSignal;
}

/** How it stands with an introspection endpoint. */
export interface EndpointStatus {
  /** The configured issuer's name. */
  readonly issuer: string;
  /** Questions about tokens that it vouched for before, failed since the last that went well. */
  readonly failures: number;
  /** What is wrong whatever it is asked about, as far as that is known. */
  readonly trouble: Trouble | undefined;
  /** What became of the questions since the start; `unasked` is what was never sent. */
  readonly questions: Readonly<Record<'active' | 'inactive' | 'failed' | 'unasked', number>>;
}

/** An answer, or why there is none, for the log. */
export type Reply = { readonly answer: Answer } | { readonly failure: IntrospectionFailure };

/**
 * An authorization server's introspection endpoint: asked no more than it can bear. Whether it is down is judged by
 * tokens alone that it vouched for before, because anybody can make up one that it answers in an odd way, or late.
 */
export class Endpoint {
  private readonly parts: EndpointParts;
  private readonly circuit: Circuit;
  private readonly check: ClientCheck;
  private readonly questions = { active: 0, inactive: 0, failed: 0, unasked: 0 };
  private readonly open = { vouched: 0, unknown: 0 };
  /** The token by which the server was taken for down, which is the one to try it with. */
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
   * Asks about a token. Never rejects; takes two seconds at most, and four where another token must try the server first.
   *
   * @param wasGood whether this server vouched for it before.
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
    const { circuit, check, questions } = this;
    return { issuer: this.parts.issuer, failures: circuit.failures, trouble: check.trouble, questions };
  }

  private async askUnlessDown(token: string, wasGood: boolean): Promise<Reply> {
    const leave = this.circuit.leave();
    if (leave === undefined) return this.refuse('down');
    if (leave === 'question' || wasGood) return this.question(token, wasGood, leave);
    await this.question(this.failedToken, true, leave);
    return this.circuit.isOpen ? this.refuse('down') : this.question(token, wasGood, 'question');
  }

  private async question(token: string, wasGood: boolean, leave: Leave): Promise<Reply> {
    try {
      const { ask, server, closing } = this.parts;
      const answer = readAnswer(await ask(server, token, closing));
      this.questions[answer.active ? 'active' : 'inactive'] += 1;
      this.check.clear();
      if (wasGood) this.answered();
      return { answer };
    } catch (error) {
      this.questions.failed += 1;
      const failure = failureOf(error);
      if (wasGood) this.failed(token, error, failure, leave);
      if (failure === 'refused' || (failure === 'away' && !wasGood)) void this.check.suspect();
      return { failure: error instanceof UnexpectedAnswer ? error.flaw : 'no answer' };
    }
  }

  private refuse(failure: 'busy' | 'down'): Reply {
    this.questions.unasked += 1;
    return { failure };
  }

  private answered(): void {
    const { failures } = this.circuit;
    if (this.circuit.succeeded()) this.parts.observer.introspectionRecovered(this.parts.issuer, failures);
  }

  private failed(token: string, error: unknown, failure: Failure, leave: Leave): void {
    // Whoever answers is there.
    if (failure !== 'away') return this.answered();
    this.failedToken = token;
    if (this.circuit.failed(leave)) {
      this.parts.observer.introspectionFailed(this.parts.issuer, error, this.circuit.failures);
    }
  }
}
