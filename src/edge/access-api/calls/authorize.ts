import type { CallInput, Outcome } from '../call.ts';
import { done, failed } from '../call.ts';
import { decodeQuestion } from '../decode.ts';
import { encodeDecision } from '../encode.ts';
import type { AuthorizeRequest, AuthorizeResponse } from '../messages.ts';

/** `Authorize`: a denial is an answer, and only a question that is wrong is an error. */
export async function authorize(input: CallInput<AuthorizeRequest>): Promise<Outcome<AuthorizeResponse>> {
  const { request, useCases, limits, readClient, correlation, errors } = input;
  const decoded = decodeQuestion(request, readClient, correlation);
  if ('problem' in decoded) return failed(errors.invalid([decoded.problem]));
  const answer = await useCases.questions.answer(decoded.request, limits);
  if (answer.outcome === 'decided')
    return done(encodeDecision(answer.decision, useCases.clockSkewMs, useCases.watchedKeep));
  return failed(errors.invalid([{ field: 'scope', message: answer.message }]));
}
