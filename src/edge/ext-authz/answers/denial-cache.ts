import type { Deny } from '../../../core/decision.ts';
import type { Reason } from '../../../core/reason.ts';
import { REASONS } from '../../../core/reason.ts';
import type { Route } from '../../../core/route.ts';
import type { ResponseFields } from '../../basic-notice.ts';

/** Some 3 MB. */
const MOST_DENIALS = 4_096;

/** What an answer may offer besides, as bits. */
const OFFERS_BASIC = 1;
const OFFERS_DPOP = 2;
const HAS_NOTICE = 4;
const VARIANTS = 8;

const RANKS = rankReasons();

/**
 * The encoded denials of one configuration, by what they depend on: the reason, the route, and whether they offer Basic or
 * DPoP or tell of the end of Basic. Those that depend on more are not kept: on the message (`required`), on the client's
 * proof, on a nonce, on the page, and on when to try again.
 */
export class DenialCache {
  private readonly basicNotice: ResponseFields;
  private readonly byRoute = new Map<Route | undefined, (Buffer | undefined)[]>();
  private algorithms: string | undefined;
  private size = 0;

  /** @param basicNotice the response fields for clients that use Basic. */
  constructor(basicNotice: ResponseFields) {
    this.basicNotice = basicNotice;
  }

  find(denial: Deny, notice: ResponseFields): Buffer | undefined {
    const place = this.placeOf(denial, notice);
    return place === undefined ? undefined : this.byRoute.get(denial.route)?.[place];
  }

  /** Keeps an answer that was not found, if it may be kept and there is room. */
  keep(denial: Deny, notice: ResponseFields, bytes: Buffer): void {
    if (this.size >= MOST_DENIALS) return;
    this.algorithms ??= denial.offersDpop?.algorithms;
    const place = this.placeOf(denial, notice);
    if (place === undefined) return;
    const answers = this.byRoute.get(denial.route) ?? [];
    answers[place] = bytes;
    this.byRoute.set(denial.route, answers);
    this.size += 1;
  }

  private placeOf(denial: Deny, notice: ResponseFields): number | undefined {
    const { reason, offersBasic, offersDpop, required, retryAfterSeconds } = denial;
    if (required !== undefined || retryAfterSeconds !== undefined) return undefined;
    if (offersDpop !== undefined && (offersDpop.wasUsed || offersDpop.algorithms !== this.algorithms)) return undefined;
    if (notice.length > 0 && notice !== this.basicNotice) return undefined;
    const variant =
      (offersBasic ? OFFERS_BASIC : 0) |
      (offersDpop === undefined ? 0 : OFFERS_DPOP) |
      (notice.length === 0 ? 0 : HAS_NOTICE);
    return RANKS[reason] * VARIANTS + variant;
  }
}

function rankReasons(): Readonly<Record<Reason, number>> {
  // Each reason is a key.
  return Object.fromEntries(REASONS.map((reason, rank) => [reason, rank])) as Record<Reason, number>;
}
