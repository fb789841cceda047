import type { AnswerFlaw, Check, DetailedCheck, IntrospectionFailure, NoIssuerCheck, RulingFailure } from './check.ts';

/** Checks that the log calls otherwise than their names. */
const LOG_NAMES = { expired: 'exp' } as const satisfies Readonly<Partial<Record<Check & string, string>>>;

/** A check that failed, as the decision log, `explain` and the warnings of a revocation write it. */
export function checkText(check: Check): string {
  if (typeof check !== 'string') return detailedText(check);
  return check in LOG_NAMES ? LOG_NAMES[check as keyof typeof LOG_NAMES] : check;
}

function detailedText(check: DetailedCheck): string {
  switch (check.name) {
    case 'length':
      return `length: over ${check.maxLength} characters (limits.token)`;
    case 'no issuer':
      return `issuer (${noIssuerText(check)})`;
    case 'every issuer':
      return check.refusals.map((refusal) => `${refusal.issuer} refuses ${checkText(refusal.check)}`).join('; ');
    case 'introspection':
      return `introspection: ${failureText(check.failure)}`;
    case 'decision point':
      return `decision point ${check.decisionPoint}: ${failureText(check.failure)}`;
    case 'basic':
      return `basic: ${check.check}`;
  }
}

function noIssuerText({ iss, refusals }: NoIssuerCheck): string {
  const claim = iss === 'absent' ? 'no iss' : 'iss of no issuer';
  return [claim, ...refusals.map(({ issuer, check }) => `${issuer} refuses ${check}`)].join('; ');
}

function failureText(failure: IntrospectionFailure | RulingFailure): string {
  switch (failure) {
    case 'busy':
      return 'too many open questions';
    case 'down':
      return 'its server is down';
    case 'not configured':
      return 'it is not configured any more';
    case 'no answer':
      return 'no answer';
    default:
      return flawText(failure);
  }
}

/** What is wrong with an answer; quotes nothing of it. */
export function flawText(flaw: AnswerFlaw): string {
  switch (flaw.kind) {
    case 'status':
      return `it answered ${flaw.status}`;
    case 'length':
      return `it sent over ${flaw.maxBytes} bytes`;
    case 'not JSON':
      return 'it answered no JSON';
    case 'not an object':
      return 'it answered no JSON object';
    case 'no decision':
      return 'it answered without a true or false "decision"';
    case 'no introspection':
      return 'it answered without a true or false "active", or with a "client_id" of no string';
  }
}
