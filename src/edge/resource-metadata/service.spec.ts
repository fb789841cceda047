import type { FastifyInstance } from 'fastify';
import { fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IGNORED_CONNECTIONS } from '../../../test/support/http2/ignored-connections.ts';
import type { ResourceConfig } from '../../config/config.ts';
import type { ResourceMetadataParts } from './service.ts';
import { openResourceMetadata, resourceMetadata } from './service.ts';

function resourceAt(url: string, more: Partial<ResourceConfig> = {}): ResourceConfig {
  const { origin, pathname } = new URL(url);
  const metadataUrl = `${origin}/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`;
  const empty = { scopes: undefined, documentation: undefined, title: undefined };
  const authorizationServers = ['https://login.example.com'];
  return { name: 'r', url, metadataUrl, audience: [url], authorizationServers, ...empty, ...more };
}

const ROOT = resourceAt('https://sms.example.com');
const MCP = resourceAt('https://sms.example.com/mcp', {
  scopes: ['mcp:use'],
  documentation: 'https://docs.example.com/',
  title: 'SMS',
});
const ELSEWHERE = resourceAt('https://other.example.com:8443/mcp');
const WELL_KNOWN = '/.well-known/oauth-protected-resource';

describe('the metadata of resources', () => {
  let resources: readonly ResourceConfig[] = [ROOT, MCP];
  let server: FastifyInstance;

  beforeAll(() => {
    server = fastify();
    server.register(resourceMetadata(() => resources));
  });

  afterAll(() => server.close());

  async function get(url: string, host = 'sms.example.com', method: 'GET' | 'HEAD' | 'OPTIONS' = 'GET') {
    return server.inject({ method, url, headers: { host } });
  }

  it('names the URL exactly as it is written, and what else is known', async () => {
    const answer = await get(`${WELL_KNOWN}/mcp`);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      resource: 'https://sms.example.com/mcp',
      authorization_servers: ['https://login.example.com'],
      scopes_supported: ['mcp:use'],
      bearer_methods_supported: ['header'],
      resource_name: 'SMS',
      resource_documentation: 'https://docs.example.com/',
    });
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'public, max-age=300',
      'access-control-allow-origin': '*',
    });
  });

  it('leaves out what is empty', async () => {
    expect((await get(WELL_KNOWN)).json()).toEqual({
      resource: 'https://sms.example.com',
      authorization_servers: ['https://login.example.com'],
      bearer_methods_supported: ['header'],
    });
  });

  it('ignores a query, and serves another host where there is only one resource', async () => {
    expect((await get(`${WELL_KNOWN}/mcp?x=1`)).statusCode).toBe(200);
    expect((await get(`${WELL_KNOWN}/mcp`, '127.0.0.1:8080')).json()).toMatchObject({ resource: MCP.url });
  });

  it('chooses by the host where several resources have the path', async () => {
    resources = [MCP, ELSEWHERE];
    expect((await get(`${WELL_KNOWN}/mcp`)).json()).toMatchObject({ resource: MCP.url });
    expect((await get(`${WELL_KNOWN}/mcp`, 'OTHER.example.com:8443')).json()).toMatchObject({
      resource: ELSEWHERE.url,
    });
    expect((await get(`${WELL_KNOWN}/mcp`, 'third.example.com')).statusCode).toBe(404);
    resources = [ROOT, MCP];
  });

  it.each(['/', '/MCP', '/mcp/', '/mcp/x', '/mc%70', '//mcp', '/%6dcp'])('has nothing at %s', async (rest) => {
    const answer = await get(WELL_KNOWN + rest);
    expect(answer.statusCode).toBe(404);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'access-control-allow-origin': '*',
    });
    expect(answer.json()).toMatchObject({ code: 'not_found' });
  });

  it('answers HEAD without content', async () => {
    const answer = await get(`${WELL_KNOWN}/mcp`, undefined, 'HEAD');
    expect([answer.statusCode, answer.body]).toEqual([200, '']);
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json' });
  });

  it('lets clients in browsers ask with headers of their own', async () => {
    const answer = await get(`${WELL_KNOWN}/mcp`, undefined, 'OPTIONS');
    expect(answer.statusCode).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, HEAD',
      'access-control-allow-headers': '*',
    });
  });
});

describe('openResourceMetadata()', () => {
  it('serves metadata and nothing else', async () => {
    const observer: ResourceMetadataParts['observer'] = {
      ...IGNORED_CONNECTIONS,
      handshakeFailed: () => {},
      callFailed: () => {},
      forwardedForIgnored: () => {},
    };
    const door = await openResourceMetadata(
      { address: { host: '127.0.0.1', port: 0 }, tls: undefined },
      { resources: () => [MCP], trustedProxies: () => [], observer },
    );
    const at = (path: string, init?: RequestInit): Promise<Response> => fetch(`http://${door.address}${path}`, init);
    expect(await (await at(`${WELL_KNOWN}/mcp`)).json()).toMatchObject({ resource: MCP.url });
    const posted = await at(`${WELL_KNOWN}/mcp`, { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    for (const path of ['/', '/3rdparty/v1/auth/token', '/.well-known/jwks.json', '/openapi.json', '/console']) {
      expect((await at(path)).status).toBe(404);
    }
    await door.close(1000);
    await expect(at('/')).rejects.toThrow();
  });
});
