import type { IntrospectionIssuer } from '../../src/config/issuer-config.ts';
import { Secret } from '../../src/config/secret.ts';
import type { Clock } from '../../src/core/ports.ts';
import type { EndpointEnvironment } from '../../src/verification/opaque/endpoint.ts';
import type { Ask } from '../../src/verification/opaque/introspection-request.ts';
import { NOW } from './jwt/verifying.ts';
import { SimulatedTime } from './simulated-time.ts';

const START_MS = new SimulatedTime().nowMs;

/** Returns an issuer of opaque tokens, as in the contract's example. */
export function legacy(changes: Partial<IntrospectionIssuer> = {}): IntrospectionIssuer {
  return {
    kind: 'introspection',
    name: 'legacy-opaque',
    issuer: [],
    claimedByOthers: new Set(),
    audience: undefined,
    require: [],
    bound: undefined,
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

/** An authorization server whose responses the test sets, on a clock that the test advances. */
export class AuthorizationServer {
  readonly time = new SimulatedTime();
  /** Every token that was introspected. */
  readonly asked: string[] = [];
  /** The number of introspections of an empty token. */
  askedAboutNothing = 0;
  /** The observer's calls, in words. */
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

  /** Leaves requests open until the test answers them. */
  holds(): { answer(body: object): void } {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.answer = () => promise;
    return { answer: (body) => resolve(JSON.stringify(body)) };
  }
}
