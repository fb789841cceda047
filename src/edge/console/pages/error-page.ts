import { answerTo } from '../../../core/answer.ts';
import type { Deny } from '../../../core/decision.ts';
import type { TooManyUnrecorded } from '../../../revocation/unrecorded-budget.ts';
import type { ClockBehind } from '../../../tokens/token-mint.ts';
import type { Html } from '../html.ts';
import { html } from '../html.ts';
import type { Page } from '../page-request.ts';
import { HOME } from '../route.ts';

const WORDS: Readonly<Record<number, readonly [title: string, what: string]>> = {
  404: ['Token not found', 'This token does not exist, or it belongs to another account.'],
  413: ['Form too large', 'The form contains too much text.'],
  415: ['Invalid form', 'This page accepts only forms of this console.'],
  429: ['Too many attempts', 'Too many passwords are being checked. Try again in a moment.'],
  503: ['Temporarily unavailable', 'Sallyport cannot answer right now. Nothing is lost. Try again in a moment.'],
};

/** Returns the page about an error, by its HTTP status. */
export function errorPage(status: number, headers: Page['headers'] = {}): Page {
  const [title, what] = WORDS[status] ?? ['Invalid request', 'The request could not be read.'];
  return page(status, title, html`<p>${what}</p>`, headers);
}

/** Returns the page for a problem document: of a call, or of a path that does not exist. */
export function problemPage(status: number, title: string, message: string): Page {
  return page(status, title, html`<p>Sallyport answered: ${message}.</p>`, {});
}

export function noSuchToken(): Page {
  return errorPage(404);
}

/** Returns the page for a session that cannot be checked now, or a path that is refused. */
export function refused(denial: Deny): Page {
  const { status, retryAfterSeconds } = answerTo(denial);
  return errorPage(status, retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) });
}

/** Returns the page for a form that was sent twice, while the first submission is still handled. */
export function stillRunning(): Page {
  const what = html`<p>This form was sent twice, and the first request is still in progress. Reload this page in a moment.</p>`;
  return page(409, 'Still in progress', what, { 'retry-after': '1' });
}

/** Returns the page for the seconds in which no token can be created. */
export function notNow({ retryAfterSeconds }: ClockBehind): Page {
  return errorPage(503, { 'retry-after': String(retryAfterSeconds) });
}

/**
 * Returns the page for a log-out that could not revoke the session's token: the token has no record, and the account has
 * revoked too many of those.
 */
export function notLoggedOut({ retryAfterSeconds }: TooManyUnrecorded): Page {
  const what = html`<p>You are still logged in. Try to log out again in a moment.</p>`;
  return page(429, 'Not logged out', what, { 'retry-after': String(retryAfterSeconds) });
}

export function foreignForm(): Page {
  const what = html`<p>This form was not sent by a page of this console, so nothing was done.</p>`;
  return page(403, 'Form refused', what, {});
}

function page(status: number, title: string, what: Html, headers: Page['headers'] = {}): Page {
  const body = html`${what}<p><a href="${HOME}">Go to your tokens</a></p>`;
  return { kind: 'page', status, title, body, isLoggedIn: false, headers };
}
