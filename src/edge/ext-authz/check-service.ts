import type { Decision } from '../../core/decision.ts';
import { deny } from '../../core/decision.ts';
import type { UnaryReply } from '../../http2/unary.ts';
import { ClientAddresses, type ForwardingObserver } from '../client-address.ts';
import { clientFields } from '../client-fields.ts';
import type { Gateway } from '../gateway.ts';
import type { AnswerParts } from './check-answer.ts';
import { answerCheck } from './check-answer.ts';
import type { CheckTerms, DecodedCheck, MalformedCheck } from './decode.ts';
import { encodeDecision } from './encode.ts';
import { countKeptPasses } from './kept-passes.ts';
import type { Metadata } from './messages.ts';

/** The door's key under `listen`. */
export const DOOR = 'extAuthz';

/** gRPC's INVALID_ARGUMENT. */
const INVALID_ARGUMENT = 3;
const MALFORMED = { code: INVALID_ARGUMENT, details: 'the message is no acceptable CheckRequest' } as const;

/** What the decision of a check needs. */
export interface CheckParts {
  /** The active configuration's part; called for each check, since a reload replaces it. */
  readonly gateway: () => Gateway;
  /** Told of a bug in this door; the request was denied. */
  readonly failed: (error: unknown) => void;
  readonly observer: ForwardingObserver;
}

/** How the messages of a transport are read and written. */
export interface CheckCodec<Message> {
  readonly decode: CheckDecoder<Message>;
  readonly serialize: AnswerParts['serialize'];
}

/**
 * Reads a message. It may leave parts of it unread for later: `DecodedCheck.detach`.
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
  createCodec: (addresses: ClientAddresses, sawMetadata: (metadata: Metadata) => void) => CheckCodec<Message>,
): CheckService<Message> {
  const { gateway, failed, observer } = parts;
  const addresses = new ClientAddresses(DOOR, () => gateway().trustedProxies, observer);
  const { decode, serialize } = createCodec(addresses, (metadata) => countKeptPasses(metadata, gateway()));
  let active: ActiveParts | undefined;
  const activeParts = (): ActiveParts => {
    const current = gateway();
    if (active?.gateway !== current) active = partsOf(current, serialize);
    return active;
  };
  const denyFailed = (error: unknown): Buffer => {
    failed(error);
    return unavailable(serialize, activeParts().gateway);
  };
  const complete = async (decision: Promise<Decision>, check: DecodedCheck, under: ActiveParts): Promise<Buffer> => {
    try {
      return conclude(await decision, check, under);
    } catch (error) {
      return denyFailed(error);
    }
  };
  return (message, callTraceparent) => {
    try {
      const under = activeParts();
      const check = decode(message, under.terms, callTraceparent);
      if (check.outcome === 'malformed') return MALFORMED;
      const decision = under.gateway.decider.decide(check.request);
      if (!(decision instanceof Promise)) return conclude(decision, check, under);
      check.detach?.();
      return complete(decision, check, under);
    } catch (error) {
      return denyFailed(error);
    }
  };
}

/** What one configuration says about checks. */
interface ActiveParts {
  readonly gateway: Gateway;
  readonly terms: CheckTerms;
  readonly answers: AnswerParts;
}

function partsOf(gateway: Gateway, serialize: AnswerParts['serialize']): ActiveParts {
  const { headers, metadata, wantedFields } = gateway;
  return {
    gateway,
    terms: { isDisguised: (name) => headers.isDisguised(name), wantedFields },
    answers: { headers, metadata, serialize },
  };
}

function conclude(decision: Decision, { request, shown }: DecodedCheck, { gateway, answers }: ActiveParts): Buffer {
  return answerCheck(decision, answers, shown, clientFields(request, decision, gateway));
}

function unavailable(serialize: AnswerParts['serialize'], { headers }: Gateway): Buffer {
  const denial = deny('unavailable', undefined, 'internal error');
  return serialize(encodeDecision(denial, headers, { complete: false, disguised: [] }));
}
