import { describe, expect, it } from 'vitest';
import { makeRequest, makeRoute } from '../../test/support/core.ts';
import type { CorsRule } from '../core/cors/cors-rule.ts';
import { deny } from '../core/decision.ts';
import { clientFields } from './client-fields.ts';

const RULE: CorsRule = {
  origins: { every: false, exact: new Set(['https://app.example.com']), below: [] },
  methods: undefined,
  headers: new Set(),
  exposedHeaders: [],
  credentials: false,
  maxAgeSeconds: 0,
  preflight: 'answer',
};
const BASIC = [['deprecation', '@1']] as const;
const VARY = ['vary', 'Origin'];

function fieldsOf(authorization: string, cors: CorsRule | undefined) {
  const route = makeRoute({ basic: true, cors });
  const gateway = { basicNotice: BASIC, cors: undefined };
  return clientFields(makeRequest({ authorization }), deny('credentials_invalid', route, 'scheme'), gateway);
}

describe('clientFields()', () => {
  it.each<[string, string, CorsRule | undefined, readonly (readonly string[])[]]>([
    ['nothing', 'Bearer a', undefined, []],
    ['the notice of Basic', 'Basic a', undefined, [...BASIC]],
    ['the fields for pages', 'Bearer a', RULE, [VARY]],
    ['both', 'Basic a', RULE, [...BASIC, VARY]],
  ])('are %s', (_, authorization, cors, fields) => {
    expect(fieldsOf(authorization, cors)).toEqual(fields);
  });
});
