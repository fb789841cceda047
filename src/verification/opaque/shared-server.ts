import type { IntrospectionIssuer } from '../../config/issuer-config.ts';
import { meetsAudience } from '../issuer-match.ts';
import type { Answer } from './answer.ts';

/**
 * Whether an active token is for the audiences of two issuers with one server. Nothing says whose rules count, and the
 * first answer would decide under which name it is accepted, and so which revocations end it.
 */
export function isForAnother(
  answer: Answer,
  config: IntrospectionIssuer,
  issuers: readonly { readonly config: IntrospectionIssuer }[],
): boolean {
  if (!answer.active || !isFor(answer, config)) return false;
  return issuers.some(({ config: other }) => other !== config && isSameServer(other, config) && isFor(answer, other));
}

/** An issuer that accepts every audience claims none. */
function isFor(answer: Answer, { audience }: IntrospectionIssuer): boolean {
  return audience !== undefined && meetsAudience(answer, { audience });
}

function isSameServer(one: IntrospectionIssuer, other: IntrospectionIssuer): boolean {
  return one.introspection.url.href === other.introspection.url.href;
}
