import type { Html } from './html.ts';
import type { Session } from './session.ts';
import type { ConsoleUseCases } from './use-cases.ts';

/** What a page's handler receives. */
export interface PageRequest {
  readonly services: ConsoleUseCases;
  /** The parameters of the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Empty unless the request is a POST. */
  readonly form: URLSearchParams;
  /** The console's origin as the browser sees it, such as `https://sms.example.com`. */
  readonly origin: string;
  /** The client's address, which a trusted proxy may have named. */
  readonly client: string;
  /** The unverified proof that the browser has logged in before. */
  readonly deviceProof: string | undefined;
  /** Unix seconds, whole. */
  readonly nowSeconds: number;
}

/** A request within a session. */
export interface SessionRequest extends PageRequest {
  readonly session: Session;
}

/** The page that the browser shows. */
export interface Page {
  readonly kind: 'page';
  readonly status: number;
  readonly title: string;
  readonly body: Html;
  /** Whether to show the menu of a session. */
  readonly isLoggedIn: boolean;
  /** Whether it shows a token that is not shown again. A reload then leads to the list of tokens. */
  readonly isShownOnce?: boolean;
  readonly headers?: Fields;
}

/** Response header fields. A list of values becomes several fields. */
export type Fields = Readonly<Record<string, string | string[]>>;

/** Sends the browser to another page, by GET. */
export interface RedirectReply {
  readonly kind: 'redirect';
  readonly to: string;
  readonly headers?: Fields;
}

export type Reply = Page | RedirectReply;

export function redirect(to: string, headers: Fields = {}): RedirectReply {
  return { kind: 'redirect', to, headers };
}

/** Returns the actor for the audit log. */
export function actorOf({ session, client }: SessionRequest) {
  return { account: session.accountId, client };
}
