import type { FieldError } from '../../core/answer.ts';
import { answerTo, messageFor } from '../../core/answer.ts';
import type { Allow, Decision, Deny } from '../../core/decision.ts';
import type { Semantic } from './decode.ts';

/** A decision in AuthZEN's form (AuthZEN 1.0, section 5.5). */
export interface EncodedDecision {
  readonly decision: boolean;
  readonly context: Readonly<Record<string, unknown>>;
}

/** Why an evaluation is denied that asks about nothing that we know, and what the client may read about it. */
export interface Unanswerable {
  readonly reason: 'invalid_body' | 'unknown_subject' | 'unknown_action' | 'subject_mismatch';
  readonly message: string;
  readonly errors?: readonly FieldError[];
}

/** The reasons are the codes of contract section 2, with the HTTP form that the client's answer has. */
export function encodeDecision(decision: Decision): EncodedDecision {
  return decision.outcome === 'allow' ? encodeAllow(decision) : encodeDeny(decision);
}

/**
 * Returns the decisions up to the first that decides the whole, if the semantic is to end there (AuthZEN 1.0, section
 * 7.1.2.1).
 */
export function endAt(decisions: readonly EncodedDecision[], semantic: Semantic): readonly EncodedDecision[] {
  if (semantic === 'execute_all') return decisions;
  const last = decisions.findIndex(({ decision }) => decision === (semantic === 'permit_on_first_permit'));
  return last < 0 ? decisions : decisions.slice(0, last + 1);
}

/** Encodes a question without an answer: decisions default to closed (AuthZEN 1.0, section 7.2.1). */
export function encodeUnanswerable({ reason, message, errors }: Unanswerable): EncodedDecision {
  return { decision: false, context: { reason, message, ...(errors === undefined ? {} : { errors }) } };
}

function encodeAllow({ credential, route, shadowed, keepMs }: Allow): EncodedDecision {
  const { issuer, subject, tokenId, scopes } = credential?.identity ?? {};
  const identity = credential && { issuer, subject, token_id: tokenId, scopes };
  const keep_ms = keepMs > 0 ? keepMs : undefined;
  return { decision: true, context: { identity, route: route?.pattern, shadowed_reason: shadowed?.reason, keep_ms } };
}

function encodeDeny(denial: Deny): EncodedDecision {
  const { status, challenges, retryAfterSeconds } = answerTo(denial);
  return {
    decision: false,
    context: {
      reason: denial.reason,
      message: messageFor(denial),
      http_status: status,
      challenges: challenges.length === 0 ? undefined : challenges,
      retry_after_seconds: retryAfterSeconds,
      route: denial.route?.pattern,
    },
  };
}
