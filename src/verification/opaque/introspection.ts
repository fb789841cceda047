import type { IntrospectionIssuer, IssuerConfig } from '../../config/issuer-config.ts';
import type { TokenExaminer, Verifier } from '../../core/ports.ts';
import type { EndpointStatus } from './endpoint.ts';
import type { Endpoints, EndpointsParts, VerifierParts } from './endpoints.ts';

/** Verifies opaque tokens. Imports the code for this with the first configuration that has an introspection issuer. */
export class Introspection {
  private readonly parts: EndpointsParts;
  private loading: Promise<Endpoints> | undefined;
  private loaded: Endpoints | undefined;

  constructor(parts: EndpointsParts) {
    this.parts = parts;
  }

  /**
   * Returns a verifier for the opaque tokens of these issuers. It works once {@link reconfigure} is called with them.
   * Returns `undefined` if no issuer has opaque tokens.
   */
  verifier(issuers: readonly IssuerConfig[], parts: VerifierParts): (Verifier & TokenExaminer) | undefined {
    const introspecting = issuers.filter(isIntrospecting);
    if (introspecting.length === 0) return undefined;
    const building = this.load().then((endpoints) => endpoints.verifier(introspecting, parts));
    // Each verification reports the failure.
    building.catch(() => undefined);
    return {
      verify: async (credential) => (await building).verify(credential),
      examine: async (token) => (await building).examine(token),
    };
  }

  /** Replaces the issuers to ask. */
  reconfigure(issuers: readonly IssuerConfig[]): void {
    const introspecting = issuers.filter(isIntrospecting);
    if (introspecting.length === 0 && this.loading === undefined) return;
    // Each verification reports the failure to load.
    this.load().then(
      (endpoints) => endpoints.reconfigure(introspecting),
      () => undefined,
    );
  }

  /** Returns the current state of each server. */
  statuses(): Iterable<EndpointStatus> {
    return this.loaded?.statuses() ?? [];
  }

  /** Aborts every request. */
  async close(): Promise<void> {
    (await this.loading)?.close();
  }

  private load(): Promise<Endpoints> {
    this.loading ??= import('./endpoints.ts').then((module) => (this.loaded = new module.Endpoints(this.parts)));
    return this.loading;
  }
}

function isIntrospecting(issuer: IssuerConfig): issuer is IntrospectionIssuer {
  return issuer.kind === 'introspection';
}
