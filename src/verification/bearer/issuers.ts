import type { JwtIssuer } from '../../config/issuer-config.ts';
import type { Finding, NoIssuerCheck, ProfileCheck } from '../../core/check.ts';
import { isSameAlgorithm } from '../../lib/jose/key-fit.ts';
import { shownList } from '../../lib/wording.ts';
import { acceptedOf, memberIs } from '../claim-finding.ts';
import { meetsAudience, meetsIssuer } from '../issuer-match.ts';
import { joinFindings } from '../joined-finding.ts';
import type { ParsedJwt } from '../jwt.ts';
import type { KeySource } from '../keys.ts';
import { presentSubjectClaim, readSubject } from '../subject-claim.ts';

/** An issuer whose tokens are accepted, with its keys. */
export interface TrustedIssuer {
  readonly config: JwtIssuer;
  readonly keys: KeySource;
}

/** Why no issuer was chosen, for the log. */
export interface NoIssuer {
  readonly check: 'algorithm' | 'aud' | 'aud of several issuers' | NoIssuerCheck;
  /** The configured name of the only issuer that `iss` and `aud` name. */
  readonly issuer?: string;
}

/** The JWT issuers of one configuration. */
export class Issuers {
  /** Several issuers with one `iss` have audiences that tell them apart. */
  private readonly byClaim = new Map<string, readonly TrustedIssuer[]>();
  private readonly profiles: TrustedIssuer[] = [];

  constructor(issuers: readonly TrustedIssuer[]) {
    for (const issuer of issuers) {
      if (issuer.config.issuer.length === 0) this.profiles.push(issuer);
      for (const iss of issuer.config.issuer) this.byClaim.set(iss, [...(this.byClaim.get(iss) ?? []), issuer]);
    }
  }

  /**
   * Returns the issuers that may have issued a token: the issuer that its `iss` names (and its `aud`, if several have that
   * `iss`), or else every profile without `issuer` whose algorithms, audience and subject fit. Returns only issuers that
   * may use the token's algorithm.
   */
  choose(token: ParsedJwt): readonly TrustedIssuer[] | NoIssuer {
    const named = this.namedBy(token);
    if (named.length > 0) return chooseByAudience(named, token);
    const matching = this.profiles.filter(({ config }) => refusedBy(config, token) === undefined);
    return matching.length > 0 ? matching : { check: this.noIssuer(token) };
  }

  /**
   * What {@link choose} found in a token beside what the issuers accept. No signature is verified yet, so it quotes names
   * of algorithms, issuers and audiences only: anyone could make it say that a person's token was refused.
   */
  findingOf(token: ParsedJwt, { check, issuer }: NoIssuer): Finding | undefined {
    const named = this.namedBy(token);
    if (check === 'algorithm') {
      const chosen = named.find(({ config }) => config.name === issuer);
      return chosen === undefined ? undefined : profileFinding('alg', token, chosen.config);
    }
    if (named.length > 0) return joinFindings(named.map(({ config }) => profileFinding('aud', token, config)));
    const refused = this.profiles.map(({ config }) => {
      const failed = refusedBy(config, token);
      return failed === undefined ? undefined : profileFinding(failed, token, config);
    });
    return joinFindings([this.unknownIssuer(token), ...refused]);
  }

  /** The issuers with the `iss` of a token. */
  private namedBy({ payload }: ParsedJwt): readonly TrustedIssuer[] {
    const { iss } = payload;
    return (typeof iss === 'string' ? this.byClaim.get(iss) : undefined) ?? [];
  }

  private unknownIssuer({ payload }: ParsedJwt): Finding {
    const known = [...this.byClaim.keys()];
    const expected = known.length === 0 ? 'no issuer is configured by its iss' : `issuers have ${shownList(known)}`;
    return { found: memberIs('iss', payload['iss']), expected };
  }

  private noIssuer(token: ParsedJwt): NoIssuerCheck {
    const refusals = this.profiles.flatMap(({ config }) => {
      const check = refusedBy(config, token);
      return check === undefined ? [] : [{ issuer: config.name, check }];
    });
    return { name: 'no issuer', iss: token.payload['iss'] === undefined ? 'absent' : 'unknown', refusals };
  }
}

/** A token that is for several of them is refused, since nothing says which of their rules count. */
function chooseByAudience(named: readonly TrustedIssuer[], token: ParsedJwt): readonly TrustedIssuer[] | NoIssuer {
  const fitting = named.length === 1 ? named : named.filter(({ config }) => meetsAudience(token.payload, config));
  const [only, ...more] = fitting;
  if (only === undefined) return { check: 'aud' };
  if (more.length > 0) return { check: 'aud of several issuers' };
  return mayUse(token.algorithm, only.config) ? fitting : { check: 'algorithm', issuer: only.config.name };
}

/** Returns the check that a token fails at a profile without `issuer`; `undefined` if it passes all of them. */
function refusedBy(config: JwtIssuer, { algorithm, payload }: ParsedJwt): ProfileCheck | undefined {
  if (!mayUse(algorithm, config)) return 'alg';
  if (!meetsIssuer(payload['iss'], config)) return 'iss';
  if (!meetsAudience(payload, config)) return 'aud';
  return readSubject(payload, config) === undefined ? 'sub' : undefined;
}

function profileFinding(failed: ProfileCheck, { algorithm, payload }: ParsedJwt, config: JwtIssuer): Finding {
  const accepts = (what: string): Finding['expected'] => `issuer ${config.name} accepts ${what}`;
  switch (failed) {
    case 'alg':
      return { found: memberIs('alg', algorithm), expected: accepts(config.algorithms.join(', ')) };
    case 'iss':
    case 'aud':
      return { found: memberIs(failed, payload[failed]), expected: accepts(acceptedOf(failed, config)) };
    case 'sub':
      return {
        found: `sub is ${presentSubjectClaim(payload, config) === undefined ? 'absent' : 'another'}`,
        expected: accepts(acceptedOf('sub', config)),
      };
  }
}

function mayUse(algorithm: string, { algorithms }: JwtIssuer): boolean {
  return algorithms.some((allowed) => isSameAlgorithm(allowed, algorithm));
}
