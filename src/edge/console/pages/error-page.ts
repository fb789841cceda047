import { answerTo } from '../../../core/answer.ts';
import type { Deny } from '../../../core/decision.ts';
import type { TooManyUnrecorded } from '../../../revocation/unrecorded-budget.ts';
import type { ClockBehind } from '../../../tokens/token-mint.ts';
import type { Html } from '../html.ts';
import { html } from '../html.ts';
import type { Page } from '../page-request.ts';
import { HOME } from '../route.ts';

const WORDS: Readonly<Record<number, readonly [title: string, what: string]>> = {
  404: ['No such token', 'There is no such token, or it is not yours.'],
  413: ['Too much', 'The form is too large.'],
  415: ['Not a form', 'Only what the forms of these pages send is taken here.'],
  429: ['Too many attempts', 'Too many passwords are being checked. Try again in a moment.'],
  503: ['Not available', 'Sallyport cannot answer right now. Nothing is lost: try again in a moment.'],
};

/** What went wrong, by its HTTP status. */
export function errorPage(status: number, headers: Page['headers'] = {}): Page {
  const [title, what] = WORDS[status] ?? ['Not understood', 'The request could not be read.'];
  return page(status, title, html`<p>${what}</p>`, headers);
}

/** What a call, or an address that there is none of, answers. */
export function problemPage(status: number, title: string, message: string): Page {
  return page(status, title, html`<p>Sallyport answered: ${message}.</p>`, {});
}

export function noSuchToken(): Page {
  return errorPage(404);
}

/** A session that cannot be judged now, or not at this path. */
export function refused(denial: Deny): Page {
  const { status, retryAfterSeconds } = answerTo(denial);
  return errorPage(status, retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) });
}

/** A form that was sent twice, while the first one is not done yet. */
export function stillRunning(): Page {
  const what = html`<p>This form was sent twice, and the first one is not done yet. Load this page again in a moment.</p>`;
  return page(409, 'Not done yet', what, { 'retry-after': '1' });
}

/** Nothing can be made for some seconds. */
export function notNow({ retryAfterSeconds }: ClockBehind): Page {
  return errorPage(503, { 'retry-after': String(retryAfterSeconds) });
}

/** The account has revoked too many tokens without a record, and so is that of the session. */
export function notLoggedOut({ retryAfterSeconds }: TooManyUnrecorded): Page {
  const what = html`<p>You are still logged in. Log out again in a moment.</p>`;
  return page(429, 'Not logged out', what, { 'retry-after': String(retryAfterSeconds) });
}

export function foreignForm(): Page {
  const what = html`<p>This form was not sent by a page of this console, so nothing was done.</p>`;
  return page(403, 'Refused', what, {});
}

function page(status: number, title: string, what: Html, headers: Page['headers'] = {}): Page {
  const body = html`${what}<p><a href="${HOME}">Go to the tokens</a></p>`;
  return { kind: 'page', status, title, body, isMembers: false, headers };
}
