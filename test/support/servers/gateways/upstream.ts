import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request that reached the service. */
export interface Arrived {
  readonly method: string;
  readonly path: string;
  /** Names and values in turn, as they arrived. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** A service behind a gateway that takes bodies of any size, and WebSockets. */
export interface Upstream {
  readonly port: number;
  /** In order of arrival; empty it between tests. */
  readonly arrived: Arrived[];
  close(): void;
}

/** A path below which it answers with a redirect to the service of devices. */
const MOVED = /\/moved$/;

/** Starts it on a free port. It sends the bytes of an upgraded connection back. */
export async function startUpstream(): Promise<Upstream> {
  const arrived: Arrived[] = [];
  const note = ({ method = '', url: path = '', rawHeaders }: IncomingMessage, body: Buffer): void =>
    void arrived.push({ method, path, rawHeaders, body });
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      note(request, body);
      const { url = '', headers } = request;
      if (MOVED.test(url)) response.writeHead(302, { location: `http://${headers.host ?? ''}/3rdparty/v1/devices` });
      response.end('done');
    });
  });
  server.on('upgrade', (request, socket: Socket) => {
    note(request, Buffer.alloc(0));
    // RFC 6455, section 1.3, for the key in the tests.
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
    );
    socket.pipe(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  // A listening TCP server has an address of this form.
  const { port } = server.address() as AddressInfo;
  return { port, arrived, close: () => server.close().closeAllConnections() };
}
