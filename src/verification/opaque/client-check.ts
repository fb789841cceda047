import type { Clock } from '../../core/ports.ts';
import { failureOf } from './failure.ts';

/** How soon a server is asked about nothing again. Anybody can give a reason to, by tokens that they make up. */
const AGAIN_MS = 10_000;

/** What is wrong with a server, or with our credentials there, whatever token it is asked about. */
export type Trouble = 'unreachable' | 'credentials refused';

export interface ClientCheckParts {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Asks about no token at all. Rejects where the answer is none. */
  readonly askAboutNothing: () => Promise<unknown>;
  /** Told when there is trouble, or another one. Must not throw. */
  readonly began: (trouble: Trouble, error: unknown) => void;
  /** Told when there is no more. Must not throw. */
  readonly ended: () => void;
}

/**
 * Tells whether an endpoint can be reached and takes our credentials, by asking it about nothing: what it says of a token
 * may be the doing of whoever made the token up. It only tells; tokens are asked about all the same.
 */
export class ClientCheck {
  trouble: Trouble | undefined;
  private readonly parts: ClientCheckParts;
  private nextMs = Number.NEGATIVE_INFINITY;

  constructor(parts: ClientCheckParts) {
    this.parts = parts;
  }

  /** A question failed in a way that may have nothing to do with its token. Never rejects. */
  async suspect(): Promise<void> {
    const nowMs = this.parts.clock.monotonicMs();
    if (nowMs < this.nextMs) return;
    this.nextMs = nowMs + AGAIN_MS;
    try {
      await this.parts.askAboutNothing();
      this.clear();
    } catch (error) {
      const failure = failureOf(error);
      if (failure === 'odd') this.clear();
      else this.begin(failure === 'away' ? 'unreachable' : 'credentials refused', error);
    }
  }

  /** The endpoint answered us as it should. */
  clear(): void {
    if (this.trouble === undefined) return;
    this.trouble = undefined;
    this.parts.ended();
  }

  private begin(trouble: Trouble, error: unknown): void {
    if (this.trouble === trouble) return;
    this.trouble = trouble;
    this.parts.began(trouble, error);
  }
}
