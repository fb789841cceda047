import type { Sample } from './samples.ts';

/** Counts requests that gateways let pass by kept answers, by route and issuer. */
export class KeptPasses {
  private readonly byRoute = new Map<string, Map<string, number>>();

  /** @param route the pattern. */
  count(issuer: string, route: string, passes: number): void {
    const byIssuer = this.byRoute.get(route) ?? new Map<string, number>();
    byIssuer.set(issuer, (byIssuer.get(issuer) ?? 0) + passes);
    this.byRoute.set(route, byIssuer);
  }

  *samples(): Generator<Sample> {
    for (const [route, byIssuer] of this.byRoute) {
      for (const [issuer, value] of byIssuer) yield { labels: { route, issuer }, value };
    }
  }
}
