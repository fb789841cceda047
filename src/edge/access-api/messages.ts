/** The messages of `proto/sallyport/access/v1/access.proto`, as the proto loader represents them. */

export interface AuthorizeRequest {
  /** Which of the two credentials was sent, if any. */
  readonly credential?: 'token' | 'authorization';
  readonly token?: string;
  readonly authorization?: string;
  /** Which of the two questions was asked, if any. */
  readonly question?: 'scope' | 'request';
  readonly scope?: string;
  readonly request?: HttpRequest | null;
  readonly client_address?: string;
  readonly from_browser?: boolean;
}

export interface HttpRequest {
  readonly method?: string;
  readonly host?: string;
  readonly path?: string;
  readonly mcp?: McpMessage | null;
}

export interface McpMessage {
  readonly method?: string;
  readonly tool?: string;
}

export interface AuthorizeResponse {
  readonly allowed: boolean;
  readonly reason?: string;
  readonly http_status: number;
  readonly message?: string;
  readonly challenges?: readonly string[];
  readonly identity?: IdentityMessage;
  readonly route?: string;
  readonly expires_at?: Timestamp;
  readonly keep_ms?: number;
  readonly retry_after_seconds?: number;
  readonly revocation_keys?: readonly string[];
  readonly watched_keep_ms?: number;
  readonly shadowed_reason?: string;
}

export interface IdentityMessage {
  readonly issuer: string;
  readonly subject?: string;
  readonly token_id?: string;
  readonly scheme: string;
  /** An empty list is not sent. */
  readonly scopes?: readonly string[];
}

/** `google.protobuf.Timestamp`. */
export interface Timestamp {
  /** Unix seconds. */
  readonly seconds: number;
  readonly nanos: number;
}

export interface AuthorizeManyRequest {
  readonly questions?: readonly AuthorizeRequest[];
}

export interface AuthorizeManyResponse {
  readonly answers: readonly AuthorizeManyAnswer[];
}

export type AuthorizeManyAnswer = { readonly response: AuthorizeResponse } | { readonly error: StatusMessage };

/** `google.rpc.Status`. */
export interface StatusMessage {
  readonly code: number;
  readonly message: string;
  readonly details: readonly { readonly type_url: string; readonly value: Uint8Array }[];
}

export interface IntrospectRequest {
  readonly token?: string;
}

export interface IntrospectResponse {
  readonly active: boolean;
  readonly scope?: string;
  readonly client_id?: string | undefined;
  readonly username?: string | undefined;
  readonly token_type?: string;
  readonly exp?: number | undefined;
  readonly iat?: number | undefined;
  readonly nbf?: number | undefined;
  readonly sub?: string | undefined;
  readonly aud?: readonly string[];
  readonly iss?: string | undefined;
  readonly jti?: string | undefined;
  readonly issuer?: string;
  readonly revocation_keys?: readonly string[];
  readonly watched_keep_ms?: number;
}

export interface WatchRevocationsRequest {
  readonly caller_time?: number;
}

export type WatchRevocationsResponse =
  | { readonly changed: { readonly keys: readonly string[] } }
  | { readonly reset: { readonly reason: string } }
  | { readonly beat: BeatMessage };

interface BeatMessage {
  readonly caller_time: number;
  readonly elapsed_ms: number;
  readonly feed_age_ms: number;
  readonly max_staleness_ms: number;
  readonly ends_in_ms: number;
}
