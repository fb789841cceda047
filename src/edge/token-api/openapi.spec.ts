import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { OPENAPI_FILE, openApi } from './openapi.ts';

it('openApi() returns the content of docs/openapi.json', () => {
  const hint = 'docs/openapi.json is out of date: update it with `npm run schema`';
  expect(readFileSync(OPENAPI_FILE, 'utf8'), hint).toBe(openApi());
});
