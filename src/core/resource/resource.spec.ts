import { describe, expect, it } from 'vitest';
import {
  makeCredential,
  makeFreshness,
  makeMoment,
  makePolicy,
  makeRequest,
  makeRoute,
} from '../../../test/support/core.ts';
import { answerTo } from '../answer.ts';
import { authorize } from '../authorize.ts';
import type { VerificationResult } from '../credential/verified-credential.ts';
import type { Decision, Need } from '../decision.ts';
import type { AccessRequest } from '../request.ts';
import type { Route } from '../route.ts';
import type { McpReading } from './mcp-message.ts';
import type { Resource } from './resource.ts';

const METADATA = 'https://sms.example.com/.well-known/oauth-protected-resource/mcp';
const RESOURCE: Resource = { name: 'mcp', metadataUrl: METADATA, audience: ['https://sms.example.com/mcp', 'urn:sms'] };
const REALM = 'Bearer realm="sallyport"';
const SEND = { kind: 'allOf', scopes: ['mcp:use', 'messages:send'] } as const;
const ROUTE = makeRoute({ requirement: { kind: 'allOf', scopes: ['mcp:use'] }, resource: RESOURCE });
const WITH_TOOLS = makeRoute({ ...ROUTE, mcp: { tools: new Map([['send_message', SEND]]) } });

function decide(route: Route, known: VerificationResult | undefined, request: Partial<AccessRequest> = {}) {
  const whole = makeRequest({ authorization: known && 'Bearer a.b.c', ...request });
  return authorize(whole, makePolicy([route]), { find: () => known }, makeFreshness({ keepMs: 700 }), makeMoment());
}

function call(tool: string, { method = 'POST' } = {}): Partial<AccessRequest> {
  const mcp: McpReading = { outcome: 'read', method: 'tools/call', tool };
  return { method, mcp };
}

function credential(scopes: readonly string[], audiences?: readonly string[]) {
  return makeCredential({ identity: { scopes }, audiences });
}

function challenges(decision: Decision | Need): readonly string[] {
  return decision.outcome === 'deny' ? answerTo(decision).challenges : [decision.outcome];
}

describe('a route with a resource', () => {
  it.each([
    ['the only one', ['https://sms.example.com/mcp'], true],
    ['one of several', ['x', 'urn:sms'], true],
    ['none', [], false],
    ['unknown', undefined, false],
    ['another', ['https://sms.example.com'], false],
    ['a longer one', ['https://sms.example.com/mcp/'], false],
    ['another letter case', ['https://SMS.example.com/mcp'], false],
  ])('takes a token by its audience: %s', (_, audiences, passes) => {
    const decision = decide(ROUTE, credential(['mcp:use'], audiences));
    expect(decision).toMatchObject(
      passes
        ? { outcome: 'allow' }
        : { outcome: 'deny', reason: 'token_invalid', step: 'issuer', check: 'audience not taken here' },
    );
  });

  it('never takes a password', () => {
    const password = makeCredential({ identity: { scheme: 'basic', scopes: ['all:any'] }, use: 'password' });
    const decision = decide(makeRoute({ ...ROUTE, basic: true }), password, { authorization: 'Basic YTpi' });
    expect(decision).toMatchObject({ outcome: 'deny', check: 'audience not taken here' });
  });

  it('judges the audience before it asks for revocations', () => {
    const unread = makeCredential({ standings: [], audiences: ['x'] });
    expect(decide(ROUTE, unread)).toMatchObject({ check: 'audience not taken here' });
  });

  it('names its metadata and the scopes in challenges of 401 and 403', () => {
    const parameters = `scope="mcp:use", resource_metadata="${METADATA}"`;
    const good = ['urn:sms'];
    expect(challenges(decide(ROUTE, undefined))).toEqual([`${REALM}, ${parameters}`]);
    expect(challenges(decide(ROUTE, credential(['mcp:use'], [])))).toEqual([
      `${REALM}, error="invalid_token", ${parameters}`,
    ]);
    expect(challenges(decide(ROUTE, makeCredential({ validUntilMs: 0, audiences: good })))).toEqual([
      `${REALM}, error="invalid_token", error_description="token expired", ${parameters}`,
    ]);
    expect(challenges(decide(ROUTE, credential(['messages:send'], good)))).toEqual([
      `${REALM}, error="insufficient_scope", ${parameters}`,
    ]);
  });

  it('names no scope where it requires none', () => {
    const route = makeRoute({ resource: RESOURCE });
    expect(challenges(decide(route, undefined))).toEqual([`${REALM}, resource_metadata="${METADATA}"`]);
  });

  it('leaves the challenge of 400 as it is', () => {
    const several = decide(ROUTE, undefined, { authorization: 'Bearer a.b.c, Bearer d.e.f' });
    expect(challenges(several)).toEqual([`${REALM}, error="invalid_request"`]);
  });
});

describe('a route at an MCP server', () => {
  const good = ['urn:sms'];

  it('allows a call with the scopes of the route and the tool', () => {
    const decision = decide(WITH_TOOLS, credential(['mcp:use', 'messages:send'], good), call('send_message'));
    expect(decision).toMatchObject({ outcome: 'allow' });
  });

  it('lets no gateway keep an answer, which depends on the message', () => {
    const good = credential(['mcp:use', 'messages:send'], ['urn:sms']);
    expect(decide(WITH_TOOLS, good, call('send_message'))).toMatchObject({ outcome: 'allow', keepMs: 0 });
    expect(decide(ROUTE, good)).toMatchObject({ outcome: 'allow', keepMs: 700 });
  });

  it.each([[['mcp:use']], [['messages:send']], [[]]])('names all scopes of the tool to a token with %j', (scopes) => {
    const decision = decide(WITH_TOOLS, credential(scopes, good), call('send_message'));
    expect(decision).toMatchObject({ outcome: 'deny', reason: 'scope_required' });
    expect(challenges(decision)).toEqual([
      `${REALM}, error="insufficient_scope", scope="mcp:use messages:send", resource_metadata="${METADATA}"`,
    ]);
    const { message } = JSON.parse(decision.outcome === 'deny' ? answerTo(decision).body : '{}') as { message: string };
    expect(message).toBe('scope required: mcp:use and messages:send');
  });

  it('names the scopes of the tool before there is a token', () => {
    expect(challenges(decide(WITH_TOOLS, undefined, call('send_message')))).toEqual([
      `${REALM}, scope="mcp:use messages:send", resource_metadata="${METADATA}"`,
    ]);
    expect(challenges(decide(WITH_TOOLS, undefined, { method: 'POST' }))).toEqual([
      `${REALM}, scope="mcp:use", resource_metadata="${METADATA}"`,
    ]);
  });

  it('denies what it does not know, whatever the scopes, but asks for a credential first', () => {
    const all = credential(['all:any'], good);
    expect(decide(WITH_TOOLS, all, call('delete_message'))).toMatchObject({
      outcome: 'deny',
      reason: 'route_denied',
      step: 'scope',
      check: 'mcp tool not listed',
    });
    expect(decide(WITH_TOOLS, all, { method: 'POST' })).toMatchObject({ check: 'mcp message not shown' });
    expect(decide(WITH_TOOLS, undefined, { method: 'POST' })).toMatchObject({ reason: 'credentials_required' });
  });

  it('requires the scopes of the route for the stream of the server', () => {
    expect(decide(WITH_TOOLS, credential(['mcp:use'], good), { method: 'GET' })).toMatchObject({ outcome: 'allow' });
    expect(decide(WITH_TOOLS, credential([], good), { method: 'GET' })).toMatchObject({ reason: 'scope_required' });
  });
});
