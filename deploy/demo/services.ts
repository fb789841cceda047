import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';

/** One request as an upstream service received it. */
export interface Received {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Creates a service behind the gateway, without any authentication code: the gateway has admitted every request that it
 * receives. It responds with the request, and with status 202 to a message that is to be sent.
 */
export function createService(service: string, record: (received: Received) => void = () => {}): Server {
  // The gateway closes idle connections. If the service did so too, a request could arrive on a closing one.
  return createServer({ keepAliveTimeout: 0 }, (request, response) => {
    void receive(service, request).then((received) => {
      record(received);
      const isSending = received.method === 'POST' && received.path === '/3rdparty/v1/messages';
      response.writeHead(isSending ? 202 : 200, { 'content-type': 'application/json' });
      response.end(`${JSON.stringify(echoOf(received))}\n`);
    });
  });
}

async function receive(service: string, request: IncomingMessage): Promise<Received> {
  const { method = '', url: path = '', headers } = request;
  return { service, method, path, headers, body: await text(request) };
}

function echoOf({ service, method, path, headers, body }: Received): object {
  const identity = Object.entries(headers).filter(([name]) => name.startsWith('x-auth-'));
  return {
    service,
    method,
    path,
    identity: Object.fromEntries(identity),
    authorizationArrived: headers.authorization !== undefined,
    ...(body === '' ? {} : { body }),
  };
}
