import type { FastifyInstance } from 'fastify';
import type { Decision } from '../../core/decision.ts';
import type { Decider } from '../../core/ports.ts';
import type { Reason } from '../../core/reason.ts';
import type { AccessRequest } from '../../core/request.ts';
import type { Events } from '../../observe/events.ts';
import type { AnyCall } from './call.ts';
import { FORM, isOfOauth } from './call.ts';
import { decodeClientBasic, decodeForm } from './decode-oauth.ts';
import { send } from './encode.ts';
import { sendOauth } from './encode-oauth.ts';
import { answerFailures, BodyNotUtf8, refuseEncodedBodies } from './server.ts';

/** How calls of one kind read their bodies, ask who calls, and answer. */
export interface Manner {
  isOf(call: AnyCall): boolean;
  prepare(calls: FastifyInstance, events: Events): void;
  decide(asked: AccessRequest, decider: Decider): Decision | Promise<Decision>;
  readonly respond: typeof send;
}

const json: Manner = {
  isOf: (call) => call.body !== undefined && !isOfOauth(call),
  prepare: refuseEncodedBodies,
  decide: (asked, decider) => decider.decide(asked),
  respond: send,
};

/** Without a body that counts: some clients send a content type with nothing behind it. */
const bodiless: Manner = {
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
const oauth: Manner = {
  isOf: isOfOauth,
  prepare: (calls, events) => {
    refuseEncodedBodies(calls);
    calls.removeAllContentTypeParsers();
    calls.addContentTypeParser<Buffer>(FORM, { parseAs: 'buffer' }, (_request, body, parsed) => {
      const form = decodeForm(body);
      if (form === undefined) parsed(new BodyNotUtf8());
      else parsed(null, form);
    });
    answerFailures(calls, events, sendOauth);
  },
  decide: decideClient,
  respond: sendOauth,
};

export const MANNERS: readonly Manner[] = [json, bodiless, oauth];

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
