import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { OPENAPI_FILE, openApi } from './openapi.ts';

it('openApi() is what docs/openapi.json holds', () => {
  const hint = 'docs/openapi.json is out of step with the calls: rewrite it with `npm run schema`';
  expect(readFileSync(OPENAPI_FILE, 'utf8'), hint).toBe(openApi());
});
