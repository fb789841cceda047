import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Server as GrpcServer } from '@grpc/grpc-js';

const AUTHORIZATION = 'authorization';

/**
 * Has the handlers of a server see each Authorization field of a call, joined as in HTTP (RFC 9110, section 5.3). Node
 * drops all but the first one. Call it once the server has its connection injector. Throws if grpc-js has no such server.
 */
export function joinRepeatedCredentials(server: GrpcServer): void {
  // grpc-js does not show its HTTP/2 servers, and nothing else has the fields as they were sent.
  const { http2Servers } = server as unknown as { http2Servers?: ReadonlyMap<Http2Server, unknown> };
  if (http2Servers === undefined || http2Servers.size === 0) throw new Error('grpc-js keeps its servers elsewhere');
  for (const http2Server of http2Servers.keys()) http2Server.prependListener('stream', joinFields);
}

function joinFields(_: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw: readonly string[]): void {
  const values = raw.filter((_name, index) => index % 2 === 1 && raw[index - 1] === AUTHORIZATION);
  if (values.length > 1) headers[AUTHORIZATION] = values.join(',');
}
