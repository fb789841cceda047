import { describe, expect, it } from 'vitest';
import type { NamedByConfig } from './request-text.ts';
import { RequestText } from './request-text.ts';

const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJqb2UifQ.c2lnbmF0dXJl-_';

const text = new RequestText();
text.reconfigure(
  named([
    { pattern: '/3rdparty/v1/messages/{id}', methods: ['GET'], hosts: ['api.example.com', '*.shops.example'] },
    { pattern: '/café/**', methods: ['M-SEARCH'], hosts: ['*.eu.shops.example'] },
  ]),
);

function named(routes: NamedByConfig['routes']): NamedByConfig {
  const issuers = [
    { kind: 'signing', issuer: ['https://sallyport.example'] },
    { kind: 'jwks', issuer: ['https://login.example'] },
  ] as const;
  return { routes, issuers, resources: [{ url: 'https://mcp.example/mcp' }] };
}

describe('RequestText.namePath()', () => {
  it.each([
    ['/3rdparty/v1/messages', '/3rdparty/v1/messages'],
    ['/3rdparty/v1/messages/', '/3rdparty/v1/messages/'],
    ['/caf%C3%A9', '/café'],
    ['/3rdparty/v1/mesages', '/3rdparty/v1/~messages'],
    ['/3rdParty/v1/Messages', '/~3rdparty/v1/~messages'],
    ['/3rdparty/v1/messages/hunter2', '/3rdparty/v1/messages/…'],
    ['/3rdparty/v1/webhooks', '/3rdparty/v1/…'],
    ['/id', '/…'],
    ['/{id}', '/…'],
    ['/**', '/…'],
    [`/reset/${TOKEN}/now`, '/…/…/…'],
    ['/messages?access_token=secret', '/messages'],
    ['/messages%3Faccess_token=secret', '/messages'],
    ['/messages%253faccess_token=secret', '/messages'],
    ['/messages#access_token=secret', '/messages'],
    ['/messages%23access_token=secret', '/messages'],
    ['/messages;jsessionid=secret/y', '/messages'],
    ['/messages%3bjsessionid=secret', '/messages'],
    ['http://joe:secret@api.example.com/messages', '…//…/messages'],
    ['//joe:secret@api.example.com/messages', '//…/messages'],
    ['joe:secret@api.example.com:443', '…'],
    ['/constructor/__proto__', '/…/…'],
    ['/', '/'],
    ['', ''],
    ['*', '*'],
  ])('names %j as %j', (target, named) => {
    expect(text.namePath(target)).toBe(named);
  });

  it('bounds its result for a long path', () => {
    expect(text.namePath('/a'.repeat(30_000)).length).toBeLessThan(100);
    expect(text.namePath(`/${'a'.repeat(60_000)}`)).toBe('/…');
  });

  it('compares at most 500 pairs of segments and literals per path', () => {
    const large = new RequestText();
    const literals = Array.from({ length: 200 }, (_, index) => `literal-${String(index).padStart(20, '0')}`);
    large.reconfigure(named(literals.map((literal) => ({ pattern: `/${literal}`, methods: [], hosts: [] }))));
    const [first = ''] = literals;
    const path = `/${first}x`.repeat(3);
    expect(large.namePath(path)).toBe(`/~${first}/~${first}/…`);
    expect(large.namePath(`${path}/${first}`)).toBe(`/~${first}/~${first}/…/${first}`);
  });
});

describe('RequestText.nameMethod()', () => {
  it.each([
    ['GET', 'GET'],
    ['PATCH', 'PATCH'],
    ['M-SEARCH', 'M-SEARCH'],
    ['post', '~POST'],
    ['Get', '~GET'],
    ['PROPFIND', '…'],
    ['hunter2', '…'],
    ['GET\n{"forged":1}', '…'],
    [TOKEN, '…'],
    ['X'.repeat(60_000), '…'],
    ['', '…'],
  ])('names %j as %j', (method, named) => {
    expect(text.nameMethod(method)).toBe(named);
  });
});

describe('RequestText.nameHost()', () => {
  it.each([
    ['api.example.com', 'api.example.com'],
    ['API.example.com.:8443', 'api.example.com'],
    ['one.shops.example', '*.shops.example'],
    ['a-secret.shops.example', '*.shops.example'],
    ['one.eu.shops.example:443', '*.eu.shops.example'],
    ['api.exmaple.com', '~api.example.com'],
    ['other.example.org', '…'],
    ['hunter2', '…'],
    [TOKEN, '…'],
    ['joe:hunter2@api.example.com', '…'],
    ['api.example.com,hunter2', '…'],
    ['api.example.com\n{"forged":1}', '…'],
    ['127.0.0.1:8080', '127.0.0.1'],
    ['[::1]:8080', '[::1]'],
    ['[dead:beef', '…'],
    ['localhost:9192', 'localhost'],
    ['sallyport.example', 'sallyport.example'],
    ['mcp.example', 'mcp.example'],
    ['login.example', '…'],
    ['x'.repeat(60_000), '…'],
  ])('names %j as %j', (authority, name) => {
    expect(text.nameHost(authority)).toBe(name);
  });
});
