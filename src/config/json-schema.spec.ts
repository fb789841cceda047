import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  configJsonSchema,
  ROUTES_SCHEMA_FILE,
  routesJsonSchema,
  SCHEMA_FILE,
  TESTS_SCHEMA_FILE,
  testsJsonSchema,
} from './json-schema.ts';

it('routesJsonSchema() equals routes.schema.json', () => {
  const hint = 'routes.schema.json does not match the validator: run `npm run schema`';
  expect(readFileSync(ROUTES_SCHEMA_FILE, 'utf8'), hint).toBe(routesJsonSchema());
});

it('testsJsonSchema() equals tests.schema.json', () => {
  const hint = 'tests.schema.json does not match the validator: run `npm run schema`';
  expect(readFileSync(TESTS_SCHEMA_FILE, 'utf8'), hint).toBe(testsJsonSchema());
});

describe.each([
  ['configJsonSchema()', configJsonSchema],
  ['testsJsonSchema()', testsJsonSchema],
])('%s', (_name, jsonSchema) => {
  it('describes every key of the file', () => {
    const undescribed: string[] = [];
    walk(JSON.parse(jsonSchema()), '');
    expect(undescribed).toEqual([]);

    function walk(schema: unknown, path: string): void {
      if (typeof schema !== 'object' || schema === null) return;
      if ('properties' in schema && typeof schema.properties === 'object' && schema.properties !== null) {
        for (const [key, property] of Object.entries(schema.properties)) {
          if (!('description' in property)) undescribed.push(`${path}.${key}`);
        }
      }
      for (const [key, member] of Object.entries(schema)) walk(member, `${path}.${key}`);
    }
  });
});

describe('configJsonSchema()', () => {
  it('equals config.schema.json', () => {
    const hint = 'config.schema.json does not match the validator: run `npm run schema`';
    expect(readFileSync(SCHEMA_FILE, 'utf8'), hint).toBe(configJsonSchema());
  });
});
