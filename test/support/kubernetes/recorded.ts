import { readFileSync } from 'node:fs';

/** A response of an API server, with the header fields that matter. */
export interface RecordedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a real API server answered, and tokens that it issued in its last hour. */
interface Recorded {
  /** The responses to a ServiceAccount that may read them, by path. */
  readonly granted: Readonly<Record<string, RecordedResponse>>;
  /** To a request without a token, with a wrong one, and for a path that the ServiceAccount may not read. */
  readonly anonymous: RecordedResponse;
  readonly unauthorized: RecordedResponse;
  readonly forbidden: RecordedResponse;
  readonly tokens: {
    /** Of shop/orders for the audience sms-api, as the kubelet projects it into a Pod. */
    readonly orders: string;
    /** The same without a Pod, as `kubectl create token` requests it. */
    readonly ordersWithoutPod: string;
    /** Of shop/orders for another audience. */
    readonly billing: string;
    /** Of shop/sallyport for the audience sms-api. */
    readonly sallyport: string;
    /** Of shop/sallyport for the API server. */
    readonly apiServer: string;
  };
}

/** The recorded issuer, and the host of its key set. */
export const RECORDED_ISSUER = 'https://kubernetes.default.svc.cluster.local';
export const RECORDED_HOST = '10.0.0.10:6443';

export const METADATA_PATH = '/.well-known/openid-configuration';
export const KEY_SET_PATH = '/openid/v1/jwks';

/** Reads the recording. */
export function readRecorded(): Recorded {
  // The file is this project's own.
  return JSON.parse(readFileSync(new URL('recorded.json', import.meta.url), 'utf8')) as Recorded;
}
