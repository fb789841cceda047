import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Decision } from '../../core/decision.ts';
import { deny } from '../../core/decision.ts';
import type { Decider } from '../../core/ports.ts';
import type { Reason } from '../../core/reason.ts';
import type { AccessRequest } from '../../core/request.ts';
import { answerFailures } from '../http/http-failures.ts';
import { bodyNotUtf8, refuseEncodedBodies } from '../http/json-bodies.ts';
import { RefusedRequest } from '../http/refusal.ts';
import type { DoorObserver } from '../listening.ts';
import type { AnyCall } from './call.ts';
import { FORM, isOfOauth, isSigned } from './call.ts';
import { decodeClientBasic, decodeForm, isAmbiguousClient, readClientSecret } from './decode-oauth.ts';
import { send } from './encode.ts';
import { sendOauth } from './encode-oauth.ts';

/** For the message about a body of another type. */
export const BODY_TYPES = `application/json, or ${FORM} for a path under /oauth2/`;

/** How one kind of call reads its body, identifies its caller and responds. */
export interface CallProtocol {
  isOf(call: AnyCall): boolean;
  prepare(calls: FastifyInstance, observer: DoorObserver): void;
  /** Whether the body may hold the client's credentials, so that it must be read before the caller is admitted. */
  waitsForBody(request: FastifyRequest): boolean;
  /** @param body the parsed body; `undefined` before it is read. */
  decide(request: AccessRequest, decider: Decider, body: unknown): Decision | Promise<Decision>;
  readonly respond: typeof send;
}

const json: CallProtocol = {
  isOf: (call) => call.body !== undefined && !isOfOauth(call) && !isSigned(call),
  prepare: refuseEncodedBodies,
  waitsForBody: () => false,
  decide: (request, decider) => decider.decide(request),
  respond: send,
};

/** For calls without a body. Any body is discarded: some clients send a content type with nothing after it. */
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

/** For calls whose body is signed. They read its bytes as they came. */
const signed: CallProtocol = {
  ...json,
  isOf: isSigned,
  prepare: (calls) => {
    refuseEncodedBodies(calls);
    calls.removeAllContentTypeParsers();
    calls.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (_request, body, parsed) => {
      parsed(null, body);
    });
  },
};

/** For the OAuth calls, which accept forms and report errors in the format of RFC 6749, section 5.2. */
const oauth: CallProtocol = {
  isOf: isOfOauth,
  prepare: (calls, observer) => {
    refuseEncodedBodies(calls);
    calls.removeAllContentTypeParsers();
    calls.addContentTypeParser<Buffer>(FORM, { parseAs: 'buffer' }, ({ headers }, body, parsed) => {
      const form = decodeForm(body);
      if (form === undefined) parsed(bodyNotUtf8());
      else if (isAmbiguousClient(form, headers.authorization)) parsed(ambiguousClient());
      else parsed(null, form);
    });
    answerFailures(calls, { observer, bodyTypes: BODY_TYPES, answer: sendOauth });
  },
  // A request without a form is decided at once. An unreadable form is refused like any other unreadable body.
  waitsForBody: ({ headers }) => headers.authorization === undefined && headers['content-type'] !== undefined,
  decide: (request, decider, body) => {
    const authorization = readClientSecret(body);
    return authorization === undefined ? decideClient(request, decider) : decider.decide({ ...request, authorization });
  },
  respond: sendOauth,
};

/** The refusal of a form that authenticates a client in two ways at once, or incompletely. */
function ambiguousClient(): RefusedRequest {
  return new RefusedRequest(deny('invalid_request', undefined, 'client'));
}

export const CALL_PROTOCOLS: readonly CallProtocol[] = [json, bodiless, signed, oauth];

/**
 * Decides about a client that may use Basic. OAuth clients encode their passwords, other clients do not. The decoded
 * reading is tried first, so that an OAuth client causes no failed attempt. The other reading is tried after too many
 * attempts as well, because it may match a password that was verified before.
 */
async function decideClient(request: AccessRequest, decider: Decider): Promise<Decision> {
  const authorization = decodeClientBasic(request.authorization);
  const decision = await decider.decide(authorization === undefined ? request : { ...request, authorization });
  const isWrong = decision.outcome === 'deny' && WRONG.has(decision.reason);
  return isWrong && authorization !== undefined ? decider.decide(request) : decision;
}

const WRONG: ReadonlySet<Reason> = new Set(['credentials_invalid', 'too_many_attempts']);
