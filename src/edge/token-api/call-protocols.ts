import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Decision } from '../../core/decision.ts';
import type { Decider } from '../../core/ports.ts';
import type { Reason } from '../../core/reason.ts';
import type { AccessRequest } from '../../core/request.ts';
import type { DoorObserver } from '../listening.ts';
import type { AnyCall } from './call.ts';
import { FORM, isOfOauth } from './call.ts';
import { decodeClientBasic, decodeForm, isAmbiguousClient, readClientSecret } from './decode-oauth.ts';
import { send } from './encode.ts';
import { sendOauth } from './encode-oauth.ts';
import { AmbiguousClient, answerFailures, BodyNotUtf8, refuseEncodedBodies } from './server.ts';

/** How calls of one kind read their bodies, ask who calls, and answer. */
export interface CallProtocol {
  isOf(call: AnyCall): boolean;
  prepare(calls: FastifyInstance, observer: DoorObserver): void;
  /** Whether the body tells who calls, so that it is read before that is asked. */
  waitsForBody(request: FastifyRequest): boolean;
  /** @param body as it was parsed; `undefined` before that. */
  decide(asked: AccessRequest, decider: Decider, body: unknown): Decision | Promise<Decision>;
  readonly respond: typeof send;
}

const json: CallProtocol = {
  isOf: (call) => call.body !== undefined && !isOfOauth(call),
  prepare: refuseEncodedBodies,
  waitsForBody: () => false,
  decide: (asked, decider) => decider.decide(asked),
  respond: send,
};

/** Without a body that counts: some clients send a content type with nothing behind it. */
const bodiless: CallProtocol = {
  ...json,
  isOf: ({ body }) => body === undefined,
  prepare: (calls) => {
    calls.removeAllContentTypeParsers();
    calls.addContentTypeParser('*', (_request, payload, parsed) => {
      payload.resume();
      parsed(null);
    });
  },
};

/** The calls of OAuth take forms, and answer errors as RFC 6749 has it. */
const oauth: CallProtocol = {
  isOf: isOfOauth,
  prepare: (calls, observer) => {
    refuseEncodedBodies(calls);
    calls.removeAllContentTypeParsers();
    calls.addContentTypeParser<Buffer>(FORM, { parseAs: 'buffer' }, ({ headers }, body, parsed) => {
      const form = decodeForm(body);
      if (form === undefined) parsed(new BodyNotUtf8());
      else if (isAmbiguousClient(form, headers.authorization)) parsed(new AmbiguousClient());
      else parsed(null, form);
    });
    answerFailures(calls, observer, sendOauth);
  },
  // A form that cannot be read is refused like any other; who sends none is asked at once.
  waitsForBody: ({ headers }) => headers.authorization === undefined && headers['content-type'] !== undefined,
  decide: (asked, decider, body) => {
    const authorization = readClientSecret(body);
    return authorization === undefined ? decideClient(asked, decider) : decider.decide({ ...asked, authorization });
  },
  respond: sendOauth,
};

export const CALL_PROTOCOLS: readonly CallProtocol[] = [json, bodiless, oauth];

/**
 * Clients of OAuth encode their passwords, others send them as they are. The former come first, so that theirs is no
 * failure that counts against them; where too many are, the other reading may be one that was good before.
 */
async function decideClient(asked: AccessRequest, decider: Decider): Promise<Decision> {
  const authorization = decodeClientBasic(asked.authorization);
  const decision = await decider.decide(authorization === undefined ? asked : { ...asked, authorization });
  const isWrong = decision.outcome === 'deny' && WRONG.has(decision.reason);
  return isWrong && authorization !== undefined ? decider.decide(asked) : decision;
}

const WRONG: ReadonlySet<Reason> = new Set(['credentials_invalid', 'too_many_attempts']);
