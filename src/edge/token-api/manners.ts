import type { FastifyInstance } from 'fastify';
import type { Decision } from '../../core/decision.ts';
import type { Decider } from '../../core/ports.ts';
import type { AccessRequest } from '../../core/request.ts';
import type { Events } from '../../observe/events.ts';
import type { AnyCall } from './call.ts';
import { FORM, isOfOauth } from './call.ts';
import { decodeClientBasic, decodeForm } from './decode-oauth.ts';
import { send } from './encode.ts';
import { sendOauth } from './encode-oauth.ts';
import { answerFailures } from './server.ts';

/** How calls of one kind read their bodies, ask who calls, and answer. */
export interface Manner {
  isOf(call: AnyCall): boolean;
  prepare(calls: FastifyInstance, events: Events): void;
  decide(asked: AccessRequest, decider: Decider): Decision | Promise<Decision>;
  readonly respond: typeof send;
}

const json: Manner = {
  isOf: (call) => call.body !== undefined && !isOfOauth(call),
  prepare: () => {},
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
    calls.removeAllContentTypeParsers();
    calls.addContentTypeParser(FORM, { parseAs: 'string' }, (_request, form, parsed) =>
      parsed(null, decodeForm(form.toString())),
    );
    answerFailures(calls, events, sendOauth);
  },
  decide: decideClient,
  respond: sendOauth,
};

export const MANNERS: readonly Manner[] = [json, bodiless, oauth];

/** Where the password is wrong as it stands, it may have been encoded as clients of OAuth do. */
async function decideClient(asked: AccessRequest, decider: Decider): Promise<Decision> {
  const decision = await decider.decide(asked);
  if (decision.outcome !== 'deny' || decision.reason !== 'credentials_invalid') return decision;
  const authorization = decodeClientBasic(asked.authorization);
  return authorization === undefined ? decision : decider.decide({ ...asked, authorization });
}
