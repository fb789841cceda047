import type { JwtIssuer } from '../../config/config.ts';
import type { NoIssuerCheck, ProfileCheck } from '../../core/check.ts';
import { meetsAudience, meetsIssuer, meetsSubject } from '../claims.ts';
import type { ParsedJwt } from '../jwt.ts';
import type { KeySource } from '../keys.ts';
import { isSameAlgorithm } from '../keys.ts';

/** An issuer whose tokens are accepted, with its keys. */
export interface TrustedIssuer {
  readonly config: JwtIssuer;
  readonly keys: KeySource;
}

/** Why no issuer was chosen, for the log. */
export interface NoIssuer {
  readonly check: 'algorithm' | NoIssuerCheck;
  /** The configured name of the issuer that `iss` names. */
  readonly issuer?: string;
}

/** The JWT issuers of one configuration. */
export class Issuers {
  private readonly byClaim = new Map<string, TrustedIssuer>();
  private readonly profiles: TrustedIssuer[] = [];

  constructor(issuers: readonly TrustedIssuer[]) {
    for (const issuer of issuers) {
      if (issuer.config.issuer === undefined) this.profiles.push(issuer);
      else this.byClaim.set(issuer.config.issuer, issuer);
    }
  }

  /**
   * Returns the issuers that may have issued a token: the issuer that its `iss` names, or else every profile without
   * `issuer` whose algorithms, audience and subject fit. Returns only issuers that may use the token's algorithm.
   */
  choose(token: ParsedJwt): readonly TrustedIssuer[] | NoIssuer {
    const { iss } = token.payload;
    const named = typeof iss === 'string' ? this.byClaim.get(iss) : undefined;
    if (named !== undefined) {
      return mayUse(token.algorithm, named.config) ? [named] : { check: 'algorithm', issuer: named.config.name };
    }
    const matching = this.profiles.filter(({ config }) => refusedBy(config, token) === undefined);
    return matching.length > 0 ? matching : { check: this.noIssuer(token) };
  }

  private noIssuer(token: ParsedJwt): NoIssuerCheck {
    const refusals = this.profiles.flatMap(({ config }) => {
      const check = refusedBy(config, token);
      return check === undefined ? [] : [{ issuer: config.name, check }];
    });
    return { name: 'no issuer', iss: token.payload['iss'] === undefined ? 'absent' : 'unknown', refusals };
  }
}

/** Returns the check that a token fails at a profile without `issuer`; `undefined` if it passes all of them. */
function refusedBy(config: JwtIssuer, { algorithm, payload }: ParsedJwt): ProfileCheck | undefined {
  if (!mayUse(algorithm, config)) return 'alg';
  if (!meetsIssuer(payload['iss'], config)) return 'iss';
  if (!meetsAudience(payload, config)) return 'aud';
  return meetsSubject(payload['sub'], config) ? undefined : 'sub';
}

function mayUse(algorithm: string, { algorithms }: JwtIssuer): boolean {
  return algorithms.some((allowed) => isSameAlgorithm(allowed, algorithm));
}
