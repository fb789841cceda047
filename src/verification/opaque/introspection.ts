import type { IssuerConfig } from '../../config/config.ts';
import type { TokenExaminer, Verifier } from '../../core/ports.ts';
import type { EndpointStatus } from './endpoint.ts';
import type { Endpoints, EndpointsParts, VerifierParts } from './endpoints.ts';

/** Opaque tokens. What asks about them is imported with the first configuration that has an issuer of such. */
export class Introspection {
  private readonly parts: EndpointsParts;
  private loading: Promise<Endpoints> | undefined;
  private loaded: Endpoints | undefined;

  constructor(parts: EndpointsParts) {
    this.parts = parts;
  }

  /** Verifies the opaque tokens of these issuers, the only ones from now on; `undefined` where none has such. */
  verifier(issuers: readonly IssuerConfig[], parts: VerifierParts): (Verifier & TokenExaminer) | undefined {
    const asked = issuers.filter((issuer) => issuer.kind === 'introspection');
    if (asked.length === 0 && this.loading === undefined) return undefined;
    const building = this.load().then((endpoints) => endpoints.verifier(asked, parts));
    // Whoever verifies is told.
    building.catch(() => undefined);
    if (asked.length === 0) return undefined;
    return {
      verify: async (credential) => (await building).verify(credential),
      examine: async (token) => (await building).examine(token),
    };
  }

  /** How it stands with each server, as it is asked. */
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
