import type { ServerResponse } from 'node:http';
import type { Certificate } from '../certificates.ts';
import { type IssuerServer, startIssuerServer } from '../servers/issuer-server.ts';
import { type RecordedResponse, readRecorded } from './recorded.ts';

export interface ApiServerOptions {
  readonly tls: Certificate;
  /** The bearer token that it accepts now. */
  readonly token: () => string;
  /** Whether RBAC now permits the holder of the token to read the documents; true by default. */
  readonly isGranted?: () => boolean;
  /** Bodies in place of the recorded ones, by path. */
  readonly bodies?: Readonly<Record<string, string>>;
}

/** Starts a server that answers about its issuer like the recorded API server. */
export function startApiServer(options: ApiServerOptions): Promise<IssuerServer> {
  const { tls, token, isGranted = () => true, bodies = {} } = options;
  const recorded = readRecorded();
  return startIssuerServer(({ url = '', headers: { authorization } }, response) => {
    if (authorization === undefined) return send(response, recorded.anonymous);
    if (authorization !== `Bearer ${token()}`) return send(response, recorded.unauthorized);
    const granted = isGranted() ? recorded.granted[url] : undefined;
    if (granted === undefined) return send(response, recorded.forbidden);
    return send(response, { ...granted, body: bodies[url] ?? granted.body });
  }, tls);
}

function send(response: ServerResponse, { status, headers, body }: RecordedResponse): void {
  response.writeHead(status, headers).end(body);
}
