import type { AccessAnswer } from '../../../access/access-questions.ts';
import type { FieldError } from '../../../core/answer.ts';
import type { AccessRequest } from '../../../core/request.ts';
import type { CallInput, Outcome } from '../call.ts';
import { done } from '../call.ts';
import type { DecodedQuestion } from '../decode.ts';
import { decodeQuestion } from '../decode.ts';
import { encodeDecision } from '../encode.ts';
import type { AuthorizeManyAnswer, AuthorizeManyRequest, AuthorizeManyResponse } from '../messages.ts';

/** `AuthorizeMany`: a question that is wrong has an error of its own, and the others are answered. */
export async function authorizeMany(input: CallInput<AuthorizeManyRequest>): Promise<Outcome<AuthorizeManyResponse>> {
  const { request, useCases, limits, readClient, correlation } = input;
  const { questions = [] } = request;
  const decoded = questions.map((question) => decodeQuestion(question, readClient, correlation));
  const sound = decoded.flatMap((one) => ('request' in one ? [one.request] : []));
  const answered = await useCases.questions.answerAll(sound, limits);
  const answers = new Map(sound.map((question, index) => [question, answered[index]]));
  return done({ answers: decoded.map((one) => encodeAnswer(input, one, answers)) });
}

function encodeAnswer(
  { useCases, errors }: CallInput<AuthorizeManyRequest>,
  decoded: DecodedQuestion,
  answers: ReadonlyMap<AccessRequest, AccessAnswer | undefined>,
): AuthorizeManyAnswer {
  const invalid = (problem: FieldError): AuthorizeManyAnswer => ({ error: errors.invalid([problem]) });
  if ('problem' in decoded) return invalid(decoded.problem);
  const answer = answers.get(decoded.request);
  if (answer === undefined) throw new Error('a question was left without an answer');
  if (answer.outcome === 'no such scope') return invalid({ field: 'scope', message: answer.message });
  return { response: encodeDecision(answer.decision, useCases.clockSkewMs, useCases.watchedKeep) };
}
