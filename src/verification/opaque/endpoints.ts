import { createHash } from 'node:crypto';
import type { IntrospectionIssuer } from '../../config/issuer-config.ts';
import type { DecisionTracer } from '../../core/ports.ts';
import type { EndpointEnvironment, EndpointStatus } from './endpoint.ts';
import { Endpoint } from './endpoint.ts';
import type { Ask } from './introspection-request.ts';
import { ask } from './introspection-request.ts';
import type { OpaqueVerifierParts } from './opaque-verifier.ts';
import { OpaqueVerifier } from './opaque-verifier.ts';

/** What {@link Endpoints} needs. Network and random numbers default to the system's. */
export type EndpointsParts = Pick<OpaqueVerifierParts, 'clock'> &
  Pick<EndpointEnvironment, 'observer'> &
  Partial<EndpointEnvironment> & {
    /** By default, no decision is traced. */
    readonly tracer?: Pick<DecisionTracer, 'io'>;
  };

/** What one configuration says about verification. */
export type VerifierParts = Omit<OpaqueVerifierParts, 'issuers' | 'clock'>;

/**
 * All introspection endpoints in use, one for each issuer, URL and set of our credentials. An endpoint that the next
 * configuration still names keeps its state.
 */
export class Endpoints {
  private readonly clock: OpaqueVerifierParts['clock'];
  private readonly environment: EndpointEnvironment;
  private readonly closing = new AbortController();
  private endpoints: ReadonlyMap<string, Endpoint> = new Map();

  constructor(parts: EndpointsParts) {
    this.clock = parts.clock;
    this.environment = { ask: askTraced(parts.tracer), random: Math.random, ...parts };
  }

  /** Returns a verifier that asks these issuers. It works once {@link reconfigure} is called with them. */
  verifier(issuers: readonly IntrospectionIssuer[], parts: VerifierParts): OpaqueVerifier {
    const withEndpoints = issuers.map((config) => ({ config, endpoint: this.at(identityOf(config)) }));
    return new OpaqueVerifier({ ...parts, issuers: withEndpoints, clock: this.clock });
  }

  /** Replaces the issuers to ask. Requests that are still open may complete. */
  reconfigure(issuers: readonly IntrospectionIssuer[]): void {
    const former = this.endpoints;
    this.endpoints = new Map(
      issuers.map((config) => {
        const identity = identityOf(config);
        return [identity, former.get(identity) ?? this.open(config)];
      }),
    );
  }

  /** Yields the current state of each endpoint. */
  *statuses(): Iterable<EndpointStatus> {
    for (const endpoint of this.endpoints.values()) yield endpoint.status();
  }

  /** Aborts every request. */
  close(): void {
    this.closing.abort(new Error('it is no longer needed'));
  }

  /** Returns a handle that, once it has found its endpoint, keeps it even if a later configuration drops it. */
  private at(identity: string): Pick<Endpoint, 'ask'> {
    let endpoint = this.endpoints.get(identity);
    return {
      ask: async (token, wasGood) => {
        endpoint ??= this.endpoints.get(identity);
        return (await endpoint?.ask(token, wasGood)) ?? { failure: 'not configured' };
      },
    };
  }

  private open({ name, introspection }: IntrospectionIssuer): Endpoint {
    return new Endpoint({ ...this.environment, issuer: name, server: introspection, closing: this.closing.signal });
  }
}

function askTraced(tracer: EndpointsParts['tracer']): Ask {
  if (tracer === undefined) return ask;
  return (server, token, signal) => tracer.io('introspect token', () => ask(server, token, signal));
}

/** Issuer names are unique. */
function identityOf({ name, introspection }: IntrospectionIssuer): string {
  const { url, clientId, clientSecret, clientAuth } = introspection;
  const secret = createHash('sha256').update(clientSecret.reveal()).digest('hex');
  return JSON.stringify([name, url.href, clientId, secret, clientAuth]);
}
