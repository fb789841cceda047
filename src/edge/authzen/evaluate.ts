import type { AccessAnswer } from '../../access/access-questions.ts';
import { ASSERTED } from '../../access/account-questions.ts';
import { deny } from '../../core/decision.ts';
import type { AccessRequest } from '../../core/request.ts';
import type { Correlation } from '../correlation.ts';
import type { Item } from './decode.ts';
import type { EncodedDecision } from './encode.ts';
import { encodeDecision, encodeUnanswerable } from './encode.ts';
import type { Question, Subject, Target } from './question.ts';
import { readQuestion } from './question.ts';
import type { AuthzenUseCases } from './use-cases.ts';

const UNKNOWN_SUBJECT = encodeUnanswerable({
  reason: 'unknown_subject',
  message:
    'no such subject, or it is disabled; a subject is a token, or an account if authzen.accountTypes has its type',
});

/** Told of a part that failed; the evaluation was denied. */
export type FailureObserver = (error: unknown) => void;

type Asked = Extract<Question, { readonly outcome: 'question' }>;

/** What the decisions of one call have in common. */
export type CallFacts = Correlation & Pick<AccessRequest, 'client'>;

/** Evaluates each item by itself, in order. One that cannot be evaluated is denied and spoils no other. */
export async function evaluateAll(
  items: readonly Item[],
  call: CallFacts,
  useCases: AuthzenUseCases,
  failed: FailureObserver,
): Promise<readonly EncodedDecision[]> {
  const { accountTypes } = useCases.settings;
  const decisions = new Map<Item, EncodedDecision>();
  const asked = new Map<Item, Asked>();
  for (const item of new Set(items)) {
    if (item.outcome === 'invalid') {
      decisions.set(item, encodeUnanswerable({ reason: 'invalid_body', message: 'not an evaluation', ...item }));
      continue;
    }
    const question = readQuestion(item.evaluation, accountTypes);
    if (question.outcome === 'question') asked.set(item, question);
    else decisions.set(item, UNKNOWN_SUBJECT);
  }
  await Promise.all([
    answerTokens(asked, call, useCases, decisions),
    ...[...byAccount(asked)].map(([account, questions]) =>
      answerAccount(account, questions, call, useCases, decisions).catch((error: unknown) => {
        failed(error);
        const denial = encodeDecision(deny('unavailable', undefined, 'a part failed'));
        for (const item of questions.keys()) decisions.set(item, denial);
      }),
    ),
  ]);
  return items.map((item) => decisions.get(item) ?? UNKNOWN_SUBJECT);
}

type Questions = ReadonlyMap<Item, Asked>;
type Decisions = Map<Item, EncodedDecision>;

/** All at once, so that what must be read of the revocation set is read in one round trip. */
async function answerTokens(
  all: Questions,
  call: CallFacts,
  { questions }: AuthzenUseCases,
  decisions: Decisions,
): Promise<void> {
  const own = [...all].flatMap(([item, { subject, target }]) =>
    subject.kind === 'token' ? [{ item, subject, request: requestOf(target, subject.authorization, call) }] : [],
  );
  if (own.length === 0) return;
  const answers = await questions.answerAll(own.map(({ request }) => request));
  for (const [index, { item, subject }] of own.entries()) {
    const answer = answers[index];
    if (answer !== undefined) decisions.set(item, encodeAnswer(answer, subject));
  }
}

function byAccount(all: Questions): ReadonlyMap<string, Map<Item, Asked>> {
  const accounts = new Map<string, Map<Item, Asked>>();
  for (const [item, question] of all) {
    if (question.subject.kind !== 'account') continue;
    const { idOrName } = question.subject;
    const existing = accounts.get(idOrName) ?? new Map<Item, Asked>();
    accounts.set(idOrName, existing.set(item, question));
  }
  return accounts;
}

async function answerAccount(
  idOrName: string,
  asked: Questions,
  call: CallFacts,
  { accounts }: AuthzenUseCases,
  decisions: Decisions,
): Promise<void> {
  const questions = await accounts?.about(idOrName);
  for (const [item, { target, subject }] of asked) {
    const answer = await questions?.answer(requestOf(target, ASSERTED, call));
    decisions.set(item, answer === undefined ? UNKNOWN_SUBJECT : encodeAnswer(answer, subject));
  }
}

function requestOf(target: Target, authorization: string, call: CallFacts): AccessRequest {
  const common = { door: 'authzen', authorization, fromBrowser: false, ...call } as const;
  if (target.kind === 'scope') return { ...common, method: 'GET', host: '', path: '/', scope: target.scope };
  const { method, host, path } = target;
  return { ...common, method, host, path };
}

function encodeAnswer(answer: AccessAnswer, subject: Subject): EncodedDecision {
  if (answer.outcome === 'no such scope') {
    return encodeUnanswerable({ reason: 'unknown_action', message: answer.message });
  }
  const { decision } = answer;
  const named = subject.kind === 'token' ? subject.subject : undefined;
  const isOther =
    named !== undefined && decision.credential !== undefined && decision.credential.identity.subject !== named;
  return decision.outcome === 'allow' && isOther
    ? encodeUnanswerable({ reason: 'subject_mismatch', message: 'the token has another subject than the question' })
    : encodeDecision(decision);
}
