import type { FastifyInstance } from 'fastify';
import { decodeUtf8, holdsLoneSurrogate } from '../../lib/utf8.ts';
import { failed } from './problems.ts';
import { RefusedRequest } from './refusal.ts';

/** Parses JSON. An empty body is `undefined`, for its call to judge, because some clients send its type without a body. */
export function parseJson(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const text = decodeUtf8(body);
    if (text === '') done(null, undefined);
    else if (text === undefined || holdsLoneSurrogate(text)) done(bodyNotUtf8());
    else void parse(request, text, done);
  });
}

/** The refusal of a body that is not UTF-8, or whose escapes contain half of a surrogate pair. */
export function bodyNotUtf8(): RefusedRequest {
  return new RefusedRequest(failed('invalid_body', 'the body is not valid UTF-8'));
}

/** Refuses bodies with a content coding, such as compression (RFC 9110, section 8.4). */
export function refuseEncodedBodies(server: FastifyInstance): void {
  server.addHook('preParsing', async ({ headers }, reply) => {
    const { 'content-encoding': coding = 'identity' } = headers;
    if (coding.trim().toLowerCase() === 'identity') return;
    reply.header('accept-encoding', 'identity');
    const message = 'a body with a Content-Encoding is not accepted; send it unencoded';
    throw new RefusedRequest(failed('unsupported_media_type', message));
  });
}
