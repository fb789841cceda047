import type { IntrospectionIssuer } from '../../src/config/config.ts';
import { Secret } from '../../src/config/secret.ts';
import type { Clock } from '../../src/core/ports.ts';
import type { EndpointEnvironment } from '../../src/verification/opaque/endpoint.ts';
import type { Ask } from '../../src/verification/opaque/introspection-request.ts';
import { NOW } from './jwt/verifying.ts';
import { SimulatedTime } from './simulated-time.ts';

const START_MS = new SimulatedTime().nowMs;

/** An issuer of opaque tokens, as the contract's example has it. */
export function legacy(changes: Partial<IntrospectionIssuer> = {}): IntrospectionIssuer {
  return {
    kind: 'introspection',
    name: 'legacy-opaque',
    issuer: undefined,
    claimedByOthers: new Set(),
    audience: undefined,
    requireSubject: undefined,
    requireExpiry: false,
    scopeClaim: undefined,
    allowScopes: new Set(['messages:send', 'messages:list']),
    grant: undefined,
    introspection: {
      url: new URL('https://as.example.com/introspect'),
      clientId: 'gw',
      clientSecret: new Secret(Buffer.from('hunter2')),
      clientAuth: 'basic',
      cacheMs: 10_000,
    },
    ...changes,
  };
}

/** An authorization server whose answers a test gives by hand, in a time that the test makes pass. */
export class AuthorizationServer {
  readonly time = new SimulatedTime();
  /** Every token that was asked about. */
  readonly asked: string[] = [];
  /** How often it was asked about nothing. */
  askedAboutNothing = 0;
  /** What was told of it, in words. */
  readonly told: string[] = [];
  answer: (token: string, signal: AbortSignal) => Promise<string>;

  constructor(answer: object = { active: false }) {
    this.answer = async () => JSON.stringify(answer);
  }

  readonly clock = {
    monotonicMs: (): number => this.time.nowMs,
    wallMs: (): number => NOW * 1000 + this.time.nowMs - START_MS,
  };

  readonly ask: Ask = (_, token, signal) => {
    if (token === '') this.askedAboutNothing += 1;
    else this.asked.push(token);
    return this.answer(token, signal);
  };

  readonly environment: EndpointEnvironment & { readonly clock: Clock } = {
    clock: this.clock,
    random: () => 0,
    ask: this.ask,
    observer: {
      introspectionFailed: (issuer, error, failures) =>
        this.told.push(`${issuer} failed ${failures}: ${String(error)}`),
      introspectionMisconfigured: (issuer, error) => this.told.push(`${issuer} misconfigured: ${String(error)}`),
      introspectionRecovered: (issuer, failures) => this.told.push(`${issuer} recovered after ${failures}`),
    },
  };

  says(answer: object): void {
    this.answer = async () => JSON.stringify(answer);
  }

  fails(error: Error = new Error('no route to host')): void {
    this.answer = () => Promise.reject(error);
  }

  /** Takes questions and answers them when told to. */
  holds(): { answer(said: object): void } {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.answer = () => promise;
    return { answer: (said) => resolve(JSON.stringify(said)) };
  }
}
