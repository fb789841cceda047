import { UnexpectedStatus } from '../jwt/fetch-text.ts';
import type { Answer } from './answer.ts';
import { readAnswer } from './answer.ts';
import type { CircuitParts, Leave } from './circuit.ts';
import { Circuit } from './circuit.ts';
import type { Ask, Server } from './question.ts';

/** How many questions may be open at one server. */
const MAX_OPEN = 64;
/** And how many about tokens that may be made up: whoever floods us with those leaves the others some places. */
const MAX_OPEN_UNKNOWN = 48;
/** The server does not like the question, whatever else it is asked: it is not down. */
const QUESTION_REFUSED: ReadonlySet<number> = new Set([400, 413, 414, 422, 431]);

/** Told when a server is taken for down, and when it no longer is. Must not throw. */
export interface IntrospectionObserver {
  /** @param failures how many in a row. */
  introspectionFailed(issuer: string, error: unknown, failures: number): void;
  introspectionRecovered(issuer: string, failures: number): void;
}

/** What stands around every endpoint. */
export interface EndpointSurroundings extends CircuitParts {
  readonly observer: IntrospectionObserver;
  readonly ask: Ask;
}

export interface EndpointParts extends EndpointSurroundings {
  readonly issuer: string;
  readonly server: Server;
  /** Ends every question. */
  readonly closing: AbortSignal;
}

/** How it stands with an introspection endpoint. */
export interface EndpointStatus {
  /** The configured issuer's name. */
  readonly issuer: string;
  /** Questions that failed since the last that went well. */
  readonly failures: number;
  /** What became of the questions since the start; `unasked` is what was never sent. */
  readonly questions: Readonly<Record<'active' | 'inactive' | 'failed' | 'unasked', number>>;
}

/** An answer, or why there is none, for the log. */
export type Reply = { readonly answer: Answer } | { readonly failure: string };

/** An authorization server's introspection endpoint: asked no more than it can bear. */
export class Endpoint {
  private readonly parts: EndpointParts;
  private readonly circuit: Circuit;
  private readonly questions = { active: 0, inactive: 0, failed: 0, unasked: 0 };
  private open = 0;

  constructor(parts: EndpointParts) {
    this.parts = parts;
    this.circuit = new Circuit(parts);
  }

  /**
   * Asks about a token. Never rejects; takes two seconds at most.
   *
   * @param wasGood whether this server vouched for it before.
   */
  async ask(token: string, wasGood: boolean): Promise<Reply> {
    if (this.open >= (wasGood ? MAX_OPEN : MAX_OPEN_UNKNOWN)) return this.refuse('too many open questions');
    const leave = this.circuit.leave();
    if (leave === undefined) return this.refuse('its server is down');
    this.open += 1;
    try {
      const { ask, server, closing } = this.parts;
      const answer = readAnswer(await ask(server, token, closing));
      this.questions[answer.active ? 'active' : 'inactive'] += 1;
      this.succeeded();
      return { answer };
    } catch (error) {
      return this.failed(error, leave);
    } finally {
      this.open -= 1;
    }
  }

  status(): EndpointStatus {
    return { issuer: this.parts.issuer, failures: this.circuit.failures, questions: this.questions };
  }

  private refuse(failure: string): Reply {
    this.questions.unasked += 1;
    return { failure };
  }

  private succeeded(): void {
    const { failures } = this.circuit;
    if (this.circuit.succeeded()) this.parts.observer.introspectionRecovered(this.parts.issuer, failures);
  }

  private failed(error: unknown, leave: Leave): Reply {
    this.questions.failed += 1;
    const isRefused = error instanceof UnexpectedStatus && QUESTION_REFUSED.has(error.status);
    if (isRefused) this.succeeded();
    else if (this.circuit.failed(leave)) {
      this.parts.observer.introspectionFailed(this.parts.issuer, error, this.circuit.failures);
    }
    return { failure: error instanceof UnexpectedStatus ? error.message : 'no answer' };
  }
}
