import type { Html } from './html.ts';
import type { Session } from './session.ts';
import type { ConsoleUseCases } from './use-cases.ts';

/** What a visit to a page tells. */
export interface PageRequest {
  readonly services: ConsoleUseCases;
  /** Parameters of the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Empty where nothing was posted. */
  readonly form: URLSearchParams;
  /** Where the browser sees us, as in `https://sms.example.com`. */
  readonly origin: string;
  /** The client's address, as far as a trusted proxy tells it. */
  readonly client: string;
  /** The proof that the browser has logged in before, as it presents it. */
  readonly deviceProof: string | undefined;
  /** Unix seconds, whole. */
  readonly nowSeconds: number;
}

/** By somebody who is logged in. */
export interface SessionRequest extends PageRequest {
  readonly session: Session;
}

/** What the browser gets to see. */
export interface Page {
  readonly kind: 'page';
  readonly status: number;
  readonly title: string;
  readonly body: Html;
  /** Whether it offers what one does when logged in. */
  readonly isMembers: boolean;
  /** Whether it shows what will not be shown again: to load it once more leads elsewhere. */
  readonly isShownOnce?: boolean;
  readonly headers?: Fields;
}

/** Response header fields; several values make several fields. */
export type Fields = Readonly<Record<string, string | string[]>>;

/** Where the browser goes next, by GET. */
export interface RedirectReply {
  readonly kind: 'redirect';
  readonly to: string;
  readonly headers?: Fields;
}

export type Reply = Page | RedirectReply;

export function redirect(to: string, headers: Fields = {}): RedirectReply {
  return { kind: 'redirect', to, headers };
}

/** Who does it, for the audit log. */
export function actorOf({ session, client }: SessionRequest) {
  return { account: session.accountId, client };
}
