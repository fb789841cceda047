import { corsFields } from '../core/cors/cors-fields.ts';
import type { Decision } from '../core/decision.ts';
import type { AccessRequest } from '../core/request.ts';
import type { ResponseFields } from './basic-notice.ts';
import { noticeOf } from './basic-notice.ts';
import type { Gateway } from './gateway.ts';

/**
 * The response fields with which a gateway completes every answer to its client, whether the request passes or not. Makes
 * no list in the usual case, in which there are none.
 */
export function clientFields(
  request: AccessRequest,
  decision: Decision,
  { basicNotice, cors }: Pick<Gateway, 'basicNotice' | 'cors'>,
): ResponseFields {
  const notice = noticeOf(request, decision, basicNotice);
  const forPages = corsFields(request, decision, cors);
  if (notice.length === 0) return forPages;
  return forPages.length === 0 ? notice : [...notice, ...forPages];
}
