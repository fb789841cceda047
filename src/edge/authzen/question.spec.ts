import { describe, expect, it } from 'vitest';
import type { Evaluation } from './decode.ts';
import { readQuestion } from './question.ts';

const ACCOUNTS = new Set(['user', 'identity']);

function read(evaluation: Evaluation) {
  return readQuestion(evaluation, ACCOUNTS);
}

const action = { name: 'read' };
const resource = { type: 'messages', id: '7' };
const subject = { type: 'user', id: 'alice' };

describe('readQuestion()', () => {
  it.each<[Evaluation['subject'], unknown]>([
    [subject, { kind: 'account', idOrName: 'alice' }],
    [
      { type: 'identity', id: 'alice' },
      { kind: 'account', idOrName: 'alice' },
    ],
    [
      { type: 'token', id: 'a.b.c' },
      { kind: 'token', authorization: 'Bearer a.b.c' },
    ],
    [
      { type: 'token', id: 'bearer  a.b.c' },
      { kind: 'token', authorization: 'bearer  a.b.c' },
    ],
    [
      { type: 'token', id: 'Basic eDp5' },
      { kind: 'token', authorization: 'Bearer Basic eDp5' },
    ],
    [
      { type: 'token', id: 'ignored', properties: { token: 'a.b.c' } },
      { kind: 'token', authorization: 'Bearer a.b.c' },
    ],
    [
      { type: 'user', id: 'alice', properties: { token: 'a.b.c' } },
      { kind: 'token', authorization: 'Bearer a.b.c', subject: 'alice' },
    ],
    [
      { type: 'agent', id: 'x', properties: { token: 'a.b.c' } },
      { kind: 'token', authorization: 'Bearer a.b.c', subject: 'x' },
    ],
  ])('reads the subject %j', (written, expected) => {
    expect(read({ subject: written, action, resource })).toMatchObject({ outcome: 'question', subject: expected });
  });

  it.each([
    { type: 'agent', id: 'x' },
    { type: 'User', id: 'alice' },
    { type: 'Token', id: 'a.b.c' },
  ])('knows no subject %j', (written) => {
    expect(read({ subject: written, action, resource })).toEqual({ outcome: 'unknown subject' });
  });

  it.each<[string, Evaluation['resource'], unknown]>([
    ['read', resource, { kind: 'scope', scope: 'messages:read' }],
    ['messages:send', resource, { kind: 'scope', scope: 'messages:send' }],
    ['GET', { type: 'route', id: '/todos/{id}' }, { kind: 'route', method: 'GET', host: '', path: '/todos/{id}' }],
    ['get', { type: 'route', id: 'todos' }, { kind: 'route', method: 'get', host: '', path: 'todos' }],
    [
      'GET',
      { type: 'route', id: 'https://api.example.com:8443/a/../b?c#d' },
      { kind: 'route', method: 'GET', host: 'api.example.com:8443', path: '/a/../b?c#d' },
    ],
    [
      'GET',
      { type: 'route', id: 'https://api.example.com?c' },
      { kind: 'route', method: 'GET', host: 'api.example.com', path: '?c' },
    ],
    [
      'GET',
      { type: 'route', id: 'https://api.example.com' },
      { kind: 'route', method: 'GET', host: 'api.example.com', path: '/' },
    ],
    ['GET', { type: 'route', id: 'https:///x' }, { kind: 'route', method: 'GET', host: '', path: 'https:///x' }],
  ])('reads the action %s on %j', (name, written, target) => {
    expect(read({ subject, action: { name }, resource: written })).toMatchObject({ outcome: 'question', target });
  });
});
