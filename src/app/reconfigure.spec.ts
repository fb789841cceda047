import { describe, expect, it } from 'vitest';
import { configFrom } from '../../test/support/config.ts';
import type { ReconfiguredParts } from './reconfigure.ts';
import { reconfigure } from './reconfigure.ts';

/** Parts that record in which order they take a configuration up. */
function recordingParts() {
  const order: string[] = [];
  const part = (name: string) => ({ reconfigure: () => void order.push(name) });
  const parts: ReconfiguredParts = {
    doors: {
      admin: part('admin door'),
      access: part('access door'),
      verify: part('verify door'),
      tokens: part('tokens door'),
      extAuthz: part('extAuthz door'),
    },
    ownKeys: part('own keys'),
    watches: { reset: () => void order.push('watches') },
    introspection: part('introspection'),
    decisionPoints: part('decision points'),
    keySets: part('key sets'),
    store: part('store'),
    standings: part('standings'),
    issuerNames: { remember: () => void order.push('issuer names') },
    observation: part('observation'),
  };
  return { order, parts };
}

const LISTENERS =
  'extAuthz: "127.0.0.1:1", tokens: "127.0.0.1:2", verify: "127.0.0.1:3", access: "127.0.0.1:4", admin: "127.0.0.1:5"';
const DOORS = ['extAuthz door', 'tokens door', 'verify door', 'access door', 'admin door'];

describe('reconfigure()', () => {
  it.each([
    [LISTENERS, DOORS],
    ['tokens: "127.0.0.1:2"', ['tokens door']],
  ])('has every part take up a configuration, in order, and the doors of listen: { %s }', (listen, doors) => {
    const { order, parts } = recordingParts();
    const issuer = '{ name: own, issuer: us, signing: { algorithm: EdDSA } }';
    reconfigure(parts, configFrom(`version: 1\nlisten: { ${listen} }\nissuers: [${issuer}]\nroutes: []`));
    expect(order).toEqual([
      'observation',
      'issuer names',
      'store',
      'standings',
      'key sets',
      'introspection',
      'decision points',
      'own keys',
      'watches',
      ...doors,
    ]);
  });
});
