// A service behind the gateway, without any authentication code: it answers with what it received of the caller.
import { createServer } from 'node:http';

// Envoy closes idle connections. If this side did so too, a request could arrive on a closing one.
const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
  const identity = Object.entries(request.headers).filter(([name]) => name.startsWith('x-auth-'));
  const isSending = request.method === 'POST' && request.url === '/3rdparty/v1/messages';
  response.writeHead(isSending ? 202 : 200, { 'content-type': 'application/json' });
  response.end(
    `${JSON.stringify({ method: request.method, path: request.url, identity: Object.fromEntries(identity) })}\n`,
  );
  request.resume();
});
server.listen(8080);
process.once('SIGTERM', () => server.close());
