import type { IntrospectionIssuer, IssuerConfig } from '../../config/config.ts';
import type { TokenExaminer, Verifier } from '../../core/ports.ts';
import type { EndpointStatus } from './endpoint.ts';
import type { Endpoints, EndpointsParts, VerifierParts } from './endpoints.ts';

/** Verifies opaque tokens. The code that does is imported for the first configuration with an introspection issuer. */
export class Introspection {
  private readonly parts: EndpointsParts;
  private loading: Promise<Endpoints> | undefined;
  private loaded: Endpoints | undefined;

  constructor(parts: EndpointsParts) {
    this.parts = parts;
  }

  /**
   * Verifies the opaque tokens of these issuers, once {@link reconfigure} has taken them up; `undefined` where no issuer
   * has opaque tokens.
   */
  verifier(issuers: readonly IssuerConfig[], parts: VerifierParts): (Verifier & TokenExaminer) | undefined {
    const asked = issuers.filter(isAsked);
    if (asked.length === 0) return undefined;
    const building = this.load().then((endpoints) => endpoints.verifier(asked, parts));
    // Each verification reports the failure.
    building.catch(() => undefined);
    return {
      verify: async (credential) => (await building).verify(credential),
      examine: async (token) => (await building).examine(token),
    };
  }

  /** Asks these issuers from now on, and no other. */
  reconfigure(issuers: readonly IssuerConfig[]): void {
    const asked = issuers.filter(isAsked);
    if (asked.length === 0 && this.loading === undefined) return;
    // Each verification reports the failure to load.
    this.load().then(
      (endpoints) => endpoints.reconfigure(asked),
      () => undefined,
    );
  }

  /** The state of each server at this moment. */
  statuses(): Iterable<EndpointStatus> {
    return this.loaded?.statuses() ?? [];
  }

  /** Ends every question. */
  async close(): Promise<void> {
    (await this.loading)?.close();
  }

  private load(): Promise<Endpoints> {
    this.loading ??= import('./endpoints.ts').then((module) => (this.loaded = new module.Endpoints(this.parts)));
    return this.loading;
  }
}

function isAsked(issuer: IssuerConfig): issuer is IntrospectionIssuer {
  return issuer.kind === 'introspection';
}
