import type { Clock } from '../../core/ports.ts';
import { failureOf } from '../../remote/failure.ts';

/** The shortest time between two checks, because anyone can cause a check with an invented token. */
const AGAIN_MS = 10_000;

/** What is wrong with a server, or with our credentials there, regardless of the token. */
export type Trouble = 'unreachable' | 'credentials refused';

export interface ClientCheckParts {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Sends an introspection request with an empty token. Rejects without a response of status 200 to 299. */
  readonly askAboutNothing: () => Promise<unknown>;
  /** Called when trouble begins or changes. Must not throw. */
  readonly began: (trouble: Trouble, error: unknown) => void;
  /** Called when the trouble has ended. Must not throw. */
  readonly ended: () => void;
}

/**
 * Checks whether an endpoint is reachable and accepts our credentials, with an empty token, because the response to a
 * client's token may depend on that token. The result is for operators only: requests about tokens are still sent.
 */
export class ClientCheck {
  trouble: Trouble | undefined;
  private readonly parts: ClientCheckParts;
  private nextMs = Number.NEGATIVE_INFINITY;

  constructor(parts: ClientCheckParts) {
    this.parts = parts;
  }

  /** Runs a check after a request failed for a reason that may be independent of its token. Never rejects. */
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

  /** Ends the trouble: the endpoint responded as it should. */
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
