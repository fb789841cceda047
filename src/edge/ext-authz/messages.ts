import type { DeniedCode } from '../grpc/grpc-codes.ts';

/** The part of `envoy.service.auth.v3` that we use, as the proto loader represents it. */
export interface CheckRequest {
  readonly attributes?: {
    /** A {@link Peer}, encoded. */
    readonly source?: Uint8Array;
    /** {@link Metadata}, encoded. */
    readonly metadata_context?: Uint8Array;
    readonly request?: { readonly http?: HttpRequest | null } | null;
  } | null;
}

/** What the gateway takes for the client. */
export interface Peer {
  readonly address?: { readonly socket_address?: { readonly address?: string } | null } | null;
  /** Its certificate in PEM, percent-encoded; empty unless ext_authz has `include_peer_certificate`. */
  readonly certificate?: string;
}

/** What the filters before ext_authz say of the request. */
export interface Metadata {
  readonly filter_metadata?: Readonly<Record<string, ReadStruct>>;
}

interface ReadStruct {
  readonly fields?: Readonly<Record<string, ReadValue>>;
}

/** A `google.protobuf.Value`, of the kinds that we read. */
export interface ReadValue {
  readonly stringValue?: string;
  readonly numberValue?: number;
  readonly boolValue?: boolean;
  readonly structValue?: ReadStruct;
}

export interface HttpRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly host?: string;
  readonly header_map?: { readonly headers?: readonly HeaderValue[] } | null;
}

export interface HeaderValue {
  readonly key?: string;
  readonly value?: string;
  readonly raw_value?: Uint8Array;
}

export interface HeaderValueOption {
  readonly header: { readonly key: string; readonly value: string };
  readonly append_action: 'APPEND_IF_EXISTS_OR_ADD' | 'OVERWRITE_IF_EXISTS_OR_ADD';
}

/** A `google.protobuf.Value`, of the kinds that we send. */
export type StructValue =
  | { readonly stringValue: string }
  | { readonly numberValue: number }
  | { readonly boolValue: boolean };

/** Only `encode.ts` builds it, so that a denial never carries a status that allows the request. */
export type CheckResponse = {
  readonly dynamic_metadata: { readonly fields: Readonly<Record<string, StructValue>> };
} & (
  | {
      readonly status: { readonly code: 0 };
      readonly ok_response: {
        readonly headers: readonly HeaderValueOption[];
        readonly headers_to_remove: readonly string[];
        /** By their exact names; omitted if there is none. */
        readonly query_parameters_to_remove?: readonly string[];
        /** For the client; omitted if there is none. */
        readonly response_headers_to_add?: readonly HeaderValueOption[];
      };
    }
  | {
      readonly status: { readonly code: DeniedCode; readonly message: string };
      readonly denied_response: {
        readonly status: { readonly code: number };
        readonly headers: readonly HeaderValueOption[];
        readonly body: string;
      };
    }
);
