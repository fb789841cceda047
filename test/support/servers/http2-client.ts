import { connect, type IncomingHttpHeaders, type IncomingHttpStatusHeader } from 'node:http2';
import { text } from 'node:stream/consumers';
import type { HttpRequest, HttpResponse } from './http-client.ts';

/**
 * Sends one request over plain HTTP/2 on a new connection. The method keeps its letter case, and `headers` may contain
 * pseudo-headers.
 */
export async function sendHttp2Request({ port, method, path, headers, body = '' }: HttpRequest): Promise<HttpResponse> {
  const session = connect(`http://127.0.0.1:${port}`);
  try {
    return await new Promise((resolve, reject) => {
      session.once('error', reject);
      const fields = Map.groupBy(headers, ([name]) => name.toLowerCase());
      const sent = Array.from(fields, ([name, same]) => [
        name,
        same.length > 1 ? same.map(([, value]) => value) : same[0]?.[1],
      ]);
      const all = { ...Object.fromEntries(sent), ':method': method, ':path': path };
      const stream = session.request(all, { endStream: body === '' });
      // A reset without an error code is no error of the stream.
      const withoutResponse = (): void => reject(new Error('the stream ended without a response'));
      stream.once('close', withoutResponse);
      stream.once('response', (received: IncomingHttpHeaders & IncomingHttpStatusHeader) => {
        stream.off('close', withoutResponse);
        const { ':status': status = 0, ...rest } = received;
        const challenges = [rest['www-authenticate'] ?? []].flat();
        text(stream).then((read) => resolve({ status, headers: rest, challenges, body: read }), reject);
      });
      stream.once('error', reject);
      if (body !== '') stream.end(body);
    });
  } finally {
    session.close();
  }
}
