import type { Agent } from 'node:https';
import type { Ruling } from '../core/condition/ruling.ts';
import type { CircuitParts, Permit } from '../remote/circuit.ts';
import { Circuit } from '../remote/circuit.ts';
import { failureOf } from '../remote/failure.ts';
import { UnexpectedAnswer } from '../remote/fetch-text.ts';
import { agentFor } from '../remote/proxy.ts';
import type { Ask, Server } from './evaluation-request.ts';
import { Slots } from './slots.ts';

/** The most open requests to one decision point. */
const MAX_OPEN = 64;
/** The most further questions that wait for one of them to end. */
const MAX_WAITING = 1_024;

/** Observes whether decision points work. Must not throw. `name` is the configured one. */
export interface DecisionPointObserver {
  /** It is considered down. @param failures how many in a row. */
  decisionPointFailed(name: string, error: unknown, failures: number): void;
  /** It refuses our credentials: an operator must correct the configuration of either side. */
  decisionPointMisconfigured(name: string, error: unknown): void;
  decisionPointRecovered(name: string, failures: number): void;
}

/** What all decision points share. */
export interface DecisionPointEnvironment extends CircuitParts {
  readonly observer: DecisionPointObserver;
  readonly ask: Ask;
}

export interface DecisionPointParts extends DecisionPointEnvironment {
  readonly name: string;
  readonly server: Server;
  /** Aborts every request. */
  readonly closing: AbortSignal;
}

/** The state of a decision point, for operators. */
export interface DecisionPointStatus {
  readonly name: string;
  /** Failed requests in a row for which it was not reached in time. */
  readonly failures: number;
  /** Whether it refuses our credentials. */
  readonly refusesCredentials: boolean;
  /** The questions since the start, by outcome; `unasked` counts those that were never sent. */
  readonly rulings: Readonly<Record<'permitted' | 'refused' | 'failed' | 'unasked', number>>;
}

/** A policy decision point, protected from overload. While it is considered down, it receives one trial at a time. */
export class DecisionPoint {
  private readonly parts: DecisionPointParts;
  private readonly circuit: Circuit;
  private readonly slots: Slots;
  private readonly agent: Agent;
  private readonly rulings = { permitted: 0, refused: 0, failed: 0, unasked: 0 };
  private refusesCredentials = false;

  constructor(parts: DecisionPointParts) {
    this.parts = parts;
    this.agent = agentFor(parts.server.url, true);
    this.circuit = new Circuit(parts);
    this.slots = new Slots({ open: MAX_OPEN, waiting: MAX_WAITING });
  }

  /** Asks a question. Never rejects. @param body the evaluation request as JSON. */
  async ask(body: string): Promise<Ruling> {
    const { clock, server } = this.parts;
    const untilMs = clock.monotonicMs() + server.timeoutMs;
    if (!(await this.slots.take())) return this.leaveUnasked('busy');
    try {
      if (clock.monotonicMs() >= untilMs) return this.leaveUnasked('busy');
      const permit = this.circuit.permit();
      return permit === undefined ? this.leaveUnasked('down') : await this.send(body, permit);
    } finally {
      this.slots.free();
    }
  }

  status(): DecisionPointStatus {
    const { rulings, refusesCredentials, circuit, parts } = this;
    return { name: parts.name, failures: circuit.failures, refusesCredentials, rulings };
  }

  /** Closes its idle connections. Requests that are open may complete. */
  retire(): void {
    for (const sockets of Object.values(this.agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }

  private async send(body: string, permit: Permit): Promise<Ruling> {
    try {
      const { ask, server, closing } = this.parts;
      const outcome = (await ask(server, body, closing, this.agent)) ? 'permitted' : 'refused';
      this.rulings[outcome] += 1;
      this.answered(false);
      return { outcome };
    } catch (error) {
      this.rulings.failed += 1;
      this.failed(error, permit);
      return { outcome: 'failed', failure: error instanceof UnexpectedAnswer ? error.flaw : 'no answer' };
    }
  }

  private leaveUnasked(failure: 'busy' | 'down'): Ruling {
    this.rulings.unasked += 1;
    return { outcome: 'failed', failure };
  }

  /** A server that responds at all is not down. */
  private answered(refusesCredentials: boolean, error?: unknown): void {
    const { observer, name } = this.parts;
    const { failures } = this.circuit;
    const wasDown = this.circuit.succeeded();
    const isMended = this.refusesCredentials && !refusesCredentials;
    const isBroken = !this.refusesCredentials && refusesCredentials;
    this.refusesCredentials = refusesCredentials;
    if (isBroken) observer.decisionPointMisconfigured(name, error);
    else if (wasDown || isMended) observer.decisionPointRecovered(name, failures);
  }

  private failed(error: unknown, permit: Permit): void {
    const failure = failureOf(error);
    if (failure !== 'away') return this.answered(failure === 'refused', error);
    if (this.circuit.failed(permit)) {
      this.parts.observer.decisionPointFailed(this.parts.name, error, this.circuit.failures);
    }
  }
}
