import type { Allow, Decision, Deny } from '../../../core/decision.ts';
import type { NamedClaim, ShownHeaders, UpstreamHeaderWriter } from '../../../core/upstream/upstream-headers.ts';
import type { ForUpstreams, KeptAnswer } from '../../../core/upstream/upstream-token.ts';
import type { ResponseFields } from '../../basic-notice.ts';
import { encodeDecision, encodeKeep } from '../encode.ts';
import type { EncodedResponse, ResponseWriter } from '../wire/response-writer.ts';
import { DenialCache } from './denial-cache.ts';
import { addRemovals } from './further-removals.ts';
import { joinTail, TailCache } from './keep-tails.ts';

/** A longer answer is not kept. `verification/token-cache` counts what is kept. */
const MAX_KEPT_BYTES = 4_096;
/** For an answer that is put together of parts that are kept. A longer one gets memory of its own. */
const SCRATCH_BYTES = 32_768;

const ALL_SHOWN: ShownHeaders = { complete: true, disguised: [] };
const NO_NOTICE: ResponseFields = [];

/** What one configuration says about answers. */
export interface AnswerTerms {
  readonly headers: UpstreamHeaderWriter;
  /** The claims that the dynamic metadata carries. */
  readonly metadata?: readonly NamedClaim[] | undefined;
  /** The response fields for clients that use Basic. */
  readonly basicNotice?: ResponseFields;
}

/**
 * Encodes check responses to bytes, under one configuration. To encode an answer costs more than the decision. So the bytes of
 * an allow are kept with its credential if they depend on nothing but it and the configuration, and those of a denial by
 * its reason and route. How long a gateway may keep an answer, and the route, are put behind bytes that are kept.
 */
export class CheckAnswers {
  private readonly terms: AnswerTerms;
  private readonly writer: ResponseWriter;
  private readonly denials: DenialCache;
  private readonly tails: TailCache;
  /** For an answer with further headers to remove, and for one with a tail. */
  private readonly scratches = [Buffer.allocUnsafeSlow(SCRATCH_BYTES), Buffer.allocUnsafeSlow(SCRATCH_BYTES)] as const;
  private readonly removedIfHidden: Buffer;
  /** The answer that allows a public route. */
  private anonymous: EncodedResponse | undefined;

  constructor(terms: AnswerTerms, writer: ResponseWriter) {
    this.terms = terms;
    this.writer = writer;
    this.denials = new DenialCache(terms.basicNotice ?? NO_NOTICE);
    this.tails = new TailCache(writer);
    this.removedIfHidden = writer.writeRemovals(terms.headers.removedIfHidden);
  }

  /** Returns the bytes of the answer. The caller must not change them. They are only valid until the next call. */
  answer(decision: Decision, shown: ShownHeaders, notice: ResponseFields = NO_NOTICE): Buffer {
    if (decision.outcome === 'deny') return this.answerDeny(decision, shown, notice);
    if (!isUsual(decision, shown, notice)) return this.encode(decision, shown, notice).bytes;
    if (decision.credential !== undefined) return this.answerKnown(decision, shown, decision.credential.upstream);
    this.anonymous ??= this.encode(decision, ALL_SHOWN, NO_NOTICE);
    return this.suit(this.anonymous, shown).bytes;
  }

  private answerDeny(denial: Deny, shown: ShownHeaders, notice: ResponseFields): Buffer {
    const known = this.denials.find(denial, notice);
    if (known !== undefined) return known;
    const { bytes } = this.encode(denial, shown, notice);
    this.denials.keep(denial, notice, bytes);
    return bytes;
  }

  private answerKnown(allow: Allow, shown: ShownHeaders, upstream: ForUpstreams): Buffer {
    const { answer } = upstream;
    const isValid = answer !== undefined && answer.by === this.terms.headers && answer.token === upstream.token;
    const kept = isValid ? answer : this.keep(allow, upstream);
    const suited = this.suit(kept, shown);
    if (allow.keepMs <= 0) return suited.bytes;
    const tails = (kept.tails ??= this.tails.of(encodeKeep(allow, this.terms.headers)));
    const tail = this.tails.find(tails, allow.route?.pattern ?? '');
    return joinTail(suited, tail, allow.keepMs, this.scratches[1]);
  }

  /** Returns an answer for a request of which all headers are shown as it must be for this one. */
  private suit(answer: EncodedResponse, { complete }: ShownHeaders): Pick<EncodedResponse, 'bytes' | 'metadataAt'> {
    return complete ? answer : addRemovals(answer, this.removedIfHidden, this.scratches[0]);
  }

  private keep(allow: Allow, upstream: ForUpstreams): KeptAnswer {
    const { bytes, okAt, metadataAt } = this.encode({ ...allow, keepMs: 0 }, ALL_SHOWN, NO_NOTICE);
    const kept = { by: this.terms.headers, token: upstream.token, bytes, okAt, metadataAt };
    if (bytes.length <= MAX_KEPT_BYTES) upstream.answer = kept;
    return kept;
  }

  private encode(decision: Decision, shown: ShownHeaders, notice: ResponseFields): EncodedResponse {
    const { headers, metadata } = this.terms;
    return this.writer.write(encodeDecision(decision, headers, shown, notice, metadata));
  }
}

/**
 * Whether the answer to a decision is the same for every request with its credential, besides how long it may be kept, and
 * what it removes if headers are hidden.
 */
function isUsual(allow: Allow, { disguised }: ShownHeaders, notice: ResponseFields): boolean {
  return (
    allow.shadowed === undefined &&
    allow.preflight === undefined &&
    allow.stripped === undefined &&
    disguised.length === 0 &&
    notice.length === 0
  );
}
