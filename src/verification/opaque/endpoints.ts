import { createHash } from 'node:crypto';
import type { IntrospectionIssuer } from '../../config/config.ts';
import type { EndpointEnvironment, EndpointStatus } from './endpoint.ts';
import { Endpoint } from './endpoint.ts';
import { ask } from './introspection-request.ts';
import type { OpaqueVerifierParts } from './opaque-verifier.ts';
import { OpaqueVerifier } from './opaque-verifier.ts';

/** Network and chance are the system's where they are left out. */
export type EndpointsParts = Pick<OpaqueVerifierParts, 'clock'> &
  Pick<EndpointEnvironment, 'observer'> &
  Partial<EndpointEnvironment>;

/** What one configuration says about verifying. */
export type VerifierParts = Omit<OpaqueVerifierParts, 'issuers' | 'clock'>;

/**
 * Every introspection endpoint in use. One belongs to one issuer, its URL and our credentials there: one that the next
 * configuration still names keeps what it knows.
 */
export class Endpoints {
  private readonly clock: OpaqueVerifierParts['clock'];
  private readonly environment: EndpointEnvironment;
  private readonly closing = new AbortController();
  private endpoints: ReadonlyMap<string, Endpoint> = new Map();

  constructor(parts: EndpointsParts) {
    this.clock = parts.clock;
    this.environment = { ask, random: Math.random, ...parts };
  }

  /** Verifies by asking these issuers, once {@link reconfigure} has taken them up. */
  verifier(issuers: readonly IntrospectionIssuer[], parts: VerifierParts): OpaqueVerifier {
    const asked = issuers.map((config) => ({ config, endpoint: this.at(identityOf(config)) }));
    return new OpaqueVerifier({ ...parts, issuers: asked, clock: this.clock });
  }

  /** Asks these issuers from now on, and no other; a question that is still open may be answered. */
  reconfigure(issuers: readonly IntrospectionIssuer[]): void {
    const former = this.endpoints;
    this.endpoints = new Map(
      issuers.map((config) => {
        const identity = identityOf(config);
        return [identity, former.get(identity) ?? this.open(config)];
      }),
    );
  }

  /** The state of each endpoint at this moment. */
  *statuses(): Iterable<EndpointStatus> {
    for (const endpoint of this.endpoints.values()) yield endpoint.status();
  }

  /** Ends every question. */
  close(): void {
    this.closing.abort(new Error('it is no longer needed'));
  }

  /** An endpoint that it has once found stays its own, also when a later configuration drops it. */
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

/** Names are unique among issuers. */
function identityOf({ name, introspection }: IntrospectionIssuer): string {
  const { url, clientId, clientSecret, clientAuth } = introspection;
  const secret = createHash('sha256').update(clientSecret.reveal()).digest('hex');
  return JSON.stringify([name, url.href, clientId, secret, clientAuth]);
}
