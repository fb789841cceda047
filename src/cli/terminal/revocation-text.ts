import type { Config } from '../../config/config.ts';
import { entryText } from '../../explanation/entry-text.ts';
import { spanOf, timeOf } from '../../lib/time-format.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import type { RevocationTarget } from '../../revocation-set/target.ts';
import type { RevokeRequest } from '../token-revoke.ts';

/** What is asked about before: what nobody can take back, and more than one subject feels, or one in the time to come. */
export function farReachingWords(request: RevokeRequest, nowSeconds: number): string | undefined {
  switch (request.form) {
    case 'key':
      return `this ends every token of ${request.issuer} that the key ${request.kid} signs`;
    case 'all':
      return `this ends every token of ${request.issuer}${upTo(request.issuedUpToSeconds)}`;
    case 'subject': {
      const { issuer, subject, issuedUpToSeconds } = request;
      const isToCome = issuedUpToSeconds !== undefined && issuedUpToSeconds > nowSeconds;
      return isToCome ? `this ends the tokens of ${subject} of ${issuer}${upTo(issuedUpToSeconds)}` : undefined;
    }
    case 'token-file':
    case 'jti':
    case 'thumbprint':
      return undefined;
  }
}

/** What is asked about before a revocation is taken back: what lets more than one token pass again. */
export function takenBackWords(request: RevokeRequest): string | undefined {
  switch (request.form) {
    case 'key':
      return `this lets the tokens of ${request.issuer} pass again that the key ${request.kid} signed`;
    case 'all':
      return `this lets tokens of ${request.issuer} pass again that were ended all at once`;
    case 'subject':
      return `this lets tokens of ${request.subject} of ${request.issuer} pass again`;
    case 'token-file':
    case 'jti':
    case 'thumbprint':
      return undefined;
  }
}

/** What is told of an entry that the store has; `standing` is its value there. */
export function revokedLines(
  target: RevocationTarget,
  { key, value, expiresAtSeconds }: RevocationEntry,
  standing: string,
  { maxStalenessMs, allowKnownForMs }: Config['revocation'],
): readonly string[] {
  const outage = allowKnownForMs === undefined ? '' : ` (${spanOf(allowKnownForMs)} while the store cannot be read)`;
  return [
    `revoked ${wordsOf(target)}`,
    `  entry  ${key}`,
    `  says   ${entryText(key, standing)}${standing === value ? '' : ', as it did before'}`,
    `  stays  ${expiresAtSeconds === undefined ? 'for ever' : `until ${timeOf(expiresAtSeconds * 1000)}`}`,
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
      return `the tokens of ${target.subject} of ${target.issuer} that were issued until now`;
    case 'issuer':
      return `the tokens of ${target.issuer}${upTo(target.issuedUpToSeconds)}`;
  }
}

function upTo(seconds: number | undefined): string {
  return seconds === undefined ? '' : ` issued up to ${timeOf(seconds * 1000)}`;
}
