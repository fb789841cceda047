import { expect, it } from 'vitest';
import type { Check, Step } from './check.ts';
import { stepOf } from './check.ts';
import { checkText } from './check-text.ts';

it.each<[check: Check, step: Step, text: string]>([
  ['signature', 'verification', 'signature'],
  ['exp', 'verification', 'exp'],
  ['expired', 'expiry', 'exp'],
  ['issuer not taken here', 'issuer', 'issuer not taken here'],
  ['standing not known', 'revocation', 'standing not known'],
  ['revocation by signing key', 'revocation', 'revocation by signing key'],
  ['the account is gone', 'call', 'the account is gone'],
  [{ name: 'length', maxLength: 2048 }, 'verification', 'length: over 2048 characters (limits.token)'],
  [{ name: 'no issuer', iss: 'absent', refusals: [] }, 'verification', 'issuer (no iss)'],
  [
    {
      name: 'no issuer',
      iss: 'unknown',
      refusals: [
        { issuer: 'a', check: 'alg' },
        { issuer: 'b', check: 'aud' },
      ],
    },
    'verification',
    'issuer (iss of no issuer; a refuses alg; b refuses aud)',
  ],
  [
    {
      name: 'every issuer',
      refusals: [
        { issuer: 'a', check: 'exp' },
        { issuer: 'b', check: 'signature' },
      ],
    },
    'verification',
    'a refuses exp; b refuses signature',
  ],
  [{ name: 'basic', check: 'password' }, 'verification', 'basic: password'],
  [{ name: 'introspection', failure: 'busy' }, 'verification', 'introspection: too many open questions'],
  [{ name: 'introspection', failure: 'down' }, 'verification', 'introspection: its server is down'],
  [
    { name: 'introspection', failure: 'not configured' },
    'verification',
    'introspection: it is not configured any more',
  ],
  [{ name: 'introspection', failure: 'no answer' }, 'verification', 'introspection: no answer'],
  [
    { name: 'introspection', failure: { kind: 'status', status: 500 } },
    'verification',
    'introspection: it answered 500',
  ],
  [
    { name: 'introspection', failure: { kind: 'length', maxBytes: 9 } },
    'verification',
    'introspection: it sent over 9 bytes',
  ],
  [{ name: 'introspection', failure: { kind: 'not JSON' } }, 'verification', 'introspection: it answered no JSON'],
])('stepOf() and checkText() place and word %j', (check, step, text) => {
  expect([stepOf(check), checkText(check)]).toEqual([step, text]);
});
