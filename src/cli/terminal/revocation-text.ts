import type { Config } from '../../config/config.ts';
import { checkText } from '../../core/check-text.ts';
import { entryText } from '../../explanation/entry-text.ts';
import { spanOf, timeOf } from '../../lib/time-format.ts';
import { list, quote, suggest } from '../../lib/wording.ts';
import type { RequestProblem, RevocationRequest, RevocationWarning } from '../../revocation/revocation-request.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import type { RevocationTarget } from '../../revocation-set/target.ts';

/**
 * Why a request cannot be carried out.
 *
 * @param accounts the names of all accounts, for a suggestion.
 */
export function problemText(problem: RequestProblem, accounts: readonly string[] = []): string {
  switch (problem.problem) {
    case 'unknown issuer': {
      const { issuer, configured } = problem;
      const known = configured.length === 0 ? 'there is none' : `there is ${list(configured, 'and')}`;
      return `no issuer ${quote(issuer)}${suggest(issuer, configured)} (${known})`;
    }
    case 'no key ids': {
      const why = problem.kind === 'secrets' ? 'signs with a shared secret, which has no key id' : 'signs nothing';
      return `${problem.issuer} ${why}: end its tokens with --all`;
    }
    case 'unknown account': {
      const { subject } = problem;
      return `no account with the id, name or e-mail address ${quote(subject)}${suggest(subject, accounts)}`;
    }
    case 'not a token':
      return `this is neither a JWT nor an opaque token of a configured issuer: ${MALFORMED[problem.malformation]}`;
  }
}

/** Why a text is no token. */
const MALFORMED: Readonly<Record<(RequestProblem & { readonly problem: 'not a token' })['malformation'], string>> = {
  empty: 'it is empty',
  length: 'it is longer than limits.token',
  characters: 'it has a character that no token may have',
  parts: 'a JWT has three parts',
  encoding: 'a part of it is not base64url without padding',
  header: 'its header is not valid',
  crit: 'its header requires an extension (crit)',
  payload: 'its payload is not a JSON object',
  checksum: 'the length or the checksum of this API key is wrong',
};

/** What was unexpected about a revocation that was carried out. */
export function warningLines(warnings: readonly RevocationWarning[]): readonly string[] {
  return warnings.flatMap((warning) => {
    switch (warning.warning) {
      case 'far-reaching':
        return [];
      case 'not verified':
        return [
          `the token could not be verified (${checkText(warning.check)}), so its thumbprint is revoked and not its id`,
        ];
      case 'no record':
        return [
          `the store has no record of this token; it is assumed to expire at ${timeOf(warning.expiresAtSeconds * 1000)}`,
        ];
      case 'no account':
        return ['the store has no account with this id'];
      case 'no key':
        return [noKeyText(warning)];
    }
  });
}

/** What was unexpected about a revocation that was to be taken back. */
export function unrevokeWarningLines(warnings: readonly RevocationWarning[]): readonly string[] {
  return warnings.flatMap((warning) => {
    switch (warning.warning) {
      case 'far-reaching':
        return [];
      case 'not verified':
        return [
          `the token could not be verified (${checkText(warning.check)}): only a revocation of its thumbprint is taken back`,
        ];
      case 'no record':
        return ['the store has no record of this token'];
      case 'no account':
        return ['the store has no account with this id'];
      case 'no key':
        return [`${noKeyText(warning)}: tokens that it signed stay invalid`];
    }
  });
}

function noKeyText({ kid, existing }: RevocationWarning & { readonly warning: 'no key' }): string {
  return `the store has no such key${suggest(kid, existing)} (it has ${list(existing, 'and') || 'none'})`;
}

/** What an operator confirms before a revocation that reaches far; `undefined` if it does not. */
export function farReachingText(warnings: readonly RevocationWarning[]): string | undefined {
  const farReaching = warnings.find((one) => one.warning === 'far-reaching');
  if (farReaching === undefined) return undefined;
  const { request } = farReaching;
  switch (request.kind) {
    case 'signing key':
      return `this ends every token of ${request.issuer} that the key ${request.kid} signs`;
    case 'issuer':
      return `this ends every token of ${request.issuer}${upTo(request.issuedUpToSeconds)}`;
    case 'subject':
      return `this ends the tokens of ${request.subject} of ${request.issuer}${upTo(request.issuedUpToSeconds)}`;
  }
}

/** What an operator confirms before more than one token becomes valid again; `undefined` for one token. */
export function takenBackText(request: { readonly kind: 'token file' } | RevocationRequest): string | undefined {
  switch (request.kind) {
    case 'signing key':
      return `this makes the tokens of ${request.issuer} that the key ${request.kid} signed valid again`;
    case 'issuer':
      return `this makes tokens of ${request.issuer} that were ended all at once valid again`;
    case 'subject':
      return `this makes tokens of ${request.subject} of ${request.issuer} valid again`;
    case 'token file':
    case 'credential':
    case 'token':
    case 'thumbprint':
      return undefined;
  }
}

/** What was revoked. `existing` is the value that the store has now: an entry that existed before keeps its value. */
export function revokedLines(
  target: RevocationTarget,
  { key, value, expiresAtSeconds }: RevocationEntry,
  existing: string,
  { maxStalenessMs, allowKnownForMs }: Config['revocation'],
): readonly string[] {
  const outage = allowKnownForMs === undefined ? '' : ` (${spanOf(allowKnownForMs)} while the store cannot be read)`;
  return [
    `revoked ${wordsOf(target)}`,
    `  entry  ${key}`,
    `  says   ${entryText(key, existing)}${existing === value ? '' : ' (unchanged)'}`,
    `  stays  ${expiresAtSeconds === undefined ? 'forever' : `until ${timeOf(expiresAtSeconds * 1000)}`}`,
    `The store has it; every instance knows within ${spanOf(maxStalenessMs)}${outage}.`,
  ];
}

function wordsOf(target: RevocationTarget): string {
  switch (target.kind) {
    case 'token':
      return `token ${target.tokenId} of ${target.issuer}`;
    case 'claims':
      return `the token of ${target.issuer} that is reported as ${target.claims}`;
    case 'thumbprint':
      return `the token with thumbprint ${target.thumbprint}`;
    case 'signing key':
      return `what the key ${target.kid} of ${target.issuer} signs`;
    case 'subject':
      return `the tokens of ${target.subject} of ${target.issuer}${upTo(target.issuedUpToSeconds)}`;
    case 'account':
      return `the tokens of ${target.subject} of ${target.issuer} issued up to now`;
    case 'issuer':
      return `the tokens of ${target.issuer}${upTo(target.issuedUpToSeconds)}`;
  }
}

function upTo(seconds: number | undefined): string {
  return seconds === undefined ? '' : ` issued up to ${timeOf(seconds * 1000)}`;
}
