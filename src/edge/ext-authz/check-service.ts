import type { Decision } from '../../core/decision.ts';
import { deny } from '../../core/decision.ts';
import type { UnaryReply } from '../../http2/unary.ts';
import { ClientAddresses, type ForwardingObserver } from '../client-address.ts';
import { clientFields } from '../client-fields.ts';
import type { Gateway } from '../gateway.ts';
import { CheckAnswers } from './answers/check-answers.ts';
import type { DecodedCheck, MalformedCheck } from './decode.ts';
import { encodeDeny } from './encode.ts';
import type { CheckTerms } from './header-name.ts';
import { countKeptPasses } from './kept-passes.ts';
import { MALFORMED_REPLY } from './malformed-reply.ts';
import type { Metadata } from './messages.ts';
import { ResponseWriter } from './wire/response-writer.ts';

/** The door's key under `listen`. */
export const DOOR = 'extAuthz';

/** What the decision of a check needs. */
export interface CheckParts {
  /** The active configuration's part; called for each check, since a reload replaces it. */
  readonly gateway: () => Gateway;
  /** Told of a bug in this door; the request was denied. */
  readonly failed: (error: unknown) => void;
  readonly observer: ForwardingObserver;
}

/**
 * Reads a message. It may leave parts of it unread for later: `DecodedCheck.unread`.
 *
 * @param callTraceparent see {@link CheckService}.
 */
export type CheckDecoder<Message> = (
  message: Message,
  terms: CheckTerms,
  callTraceparent: string | undefined,
) => DecodedCheck | MalformedCheck;

/**
 * Answers a check, whatever transport it came by. Returns the bytes of a `CheckResponse`: at once if nothing has to be
 * awaited, and then they are only valid until the next call. Returns a failure only for a message that is no acceptable
 * `CheckRequest`. Every other failure is a denial, because Envoy's `failure_mode_allow` would let the request pass after
 * a gRPC error. Never throws and never rejects.
 *
 * @param message only read until the service returns.
 * @param callTraceparent `traceparent` of the gRPC call.
 */
export type CheckService<Message> = (
  message: Message,
  callTraceparent: string | undefined,
) => UnaryReply | Promise<Buffer>;

/** Creates the service for the messages of one transport. */
export function createCheckService<Message>(
  parts: CheckParts,
  createDecoder: (addresses: ClientAddresses, sawMetadata: (metadata: Metadata) => void) => CheckDecoder<Message>,
): CheckService<Message> {
  const { gateway, failed, observer } = parts;
  const addresses = new ClientAddresses(DOOR, () => gateway().trustedProxies, observer);
  const decode = createDecoder(addresses, (metadata) => countKeptPasses(metadata, gateway()));
  const writer = new ResponseWriter();
  const unavailable = encodeUnavailable(writer);
  let active: ActiveParts | undefined;
  const activeParts = (): ActiveParts => {
    const current = gateway();
    if (active?.gateway !== current) active = partsOf(current, writer);
    return active;
  };
  const denyFailed = (error: unknown): Buffer => {
    failed(error);
    return unavailable;
  };
  const complete = async (decision: Promise<Decision>, check: DecodedCheck, under: ActiveParts): Promise<Buffer> => {
    try {
      const decided = await decision;
      // A copy: the next call may change the bytes.
      return Buffer.from(conclude(decided, check, under));
    } catch (error) {
      return denyFailed(error);
    }
  };
  return (message, callTraceparent) => {
    let check: DecodedCheck | MalformedCheck | undefined;
    try {
      const under = activeParts();
      check = decode(message, under.terms, callTraceparent);
      if (check.outcome === 'malformed') return MALFORMED_REPLY;
      const decision = under.gateway.decider.decide(check.request);
      if (decision instanceof Promise) {
        check.unread?.detach();
        return complete(decision, check, under);
      }
      const answer = conclude(decision, check, under);
      check.unread?.release();
      return answer;
    } catch (error) {
      // Something may still have the request, whose message becomes another one.
      if (check?.outcome === 'decoded') check.unread?.release();
      return denyFailed(error);
    }
  };
}

/** What one configuration says about checks. */
interface ActiveParts {
  readonly gateway: Gateway;
  readonly terms: CheckTerms;
  readonly answers: CheckAnswers;
}

function partsOf(gateway: Gateway, writer: ResponseWriter): ActiveParts {
  const { headers, metadata, wantedFields, basicNotice } = gateway;
  return {
    gateway,
    terms: { isDisguised: (name) => headers.isDisguised(name), wantedFields },
    answers: new CheckAnswers({ headers, metadata, basicNotice }, writer),
  };
}

function conclude(decision: Decision, { request, shown }: DecodedCheck, { gateway, answers }: ActiveParts): Buffer {
  return answers.answer(decision, shown, clientFields(request, decision, gateway));
}

function encodeUnavailable(writer: ResponseWriter): Buffer {
  return writer.write(encodeDeny(deny('unavailable', undefined, 'internal error'), [])).bytes;
}
