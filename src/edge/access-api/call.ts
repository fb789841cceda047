import type { Deadline, Metadata } from '@grpc/grpc-js';
import type { DecisionLimits } from '../../core/ports.ts';
import type { Correlation } from '../correlation.ts';
import { readCorrelation } from '../correlation.ts';
import type { CallErrors } from './call-error.ts';
import type { ClientReader } from './decode.ts';
import type { StatusMessage } from './messages.ts';
import type { AccessUseCases } from './use-cases.ts';

/** What the handler of a call works with; its caller is admitted. */
export interface CallInput<Request> {
  readonly request: Request;
  readonly useCases: AccessUseCases;
  readonly limits: DecisionLimits;
  readonly readClient: ClientReader;
  readonly correlation: Correlation;
  readonly errors: CallErrors;
}

/** What a call ends with. */
export type Outcome<Response> =
  | { readonly outcome: 'done'; readonly response: Response }
  | { readonly outcome: 'failed'; readonly error: StatusMessage };

export function done<Response>(response: Response): Outcome<Response> {
  return { outcome: 'done', response };
}

export function failed(error: StatusMessage): Outcome<never> {
  return { outcome: 'failed', error };
}

/** How much of the caller's time is left for the way back, in milliseconds: at most this, and at most a fifth of it. */
const RESERVE_MS = 20;

/**
 * Returns the limits of a call that has just arrived: the caller's deadline, so that an answer comes before it, or
 * `timeoutMs` if that is sooner. What is left of them shrinks as time passes.
 */
export function limitsOf(deadline: Deadline, isCancelled: () => boolean, timeoutMs: number): DecisionLimits {
  const leftMs = Math.max(0, Number(deadline) - Date.now());
  const answerMs = leftMs - Math.min(RESERVE_MS, leftMs / 5);
  const endMs = performance.now() + Math.min(timeoutMs, answerMs);
  return {
    get timeoutMs() {
      return endMs - performance.now();
    },
    isCancelled,
  };
}

/** Returns the caller's own credential; several are joined, as in HTTP (RFC 9110, section 5.3). */
export function credentialOf(metadata: Metadata): string | undefined {
  const values = metadata.get('authorization');
  return values.length === 0 ? undefined : values.join(',');
}

/** Returns the caller's request id and trace. */
export function correlationOf(metadata: Metadata): Correlation {
  return readCorrelation((name) => metadata.get(name));
}

const PORT = /:\d+$/;

/** Returns the address of a peer as grpc-js names it; `undefined` for a Unix socket. */
export function peerAddress(peer: string): string | undefined {
  return PORT.test(peer) ? peer.replace(PORT, '') : undefined;
}
