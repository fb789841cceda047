import { writeFileSync } from 'node:fs';
import * as z from 'zod';
import { fileSchema } from './sections/file-schema.ts';
import { includedSchema } from './sections/include/included-schema.ts';
import { testsSchema } from './tests/tests-schema.ts';

/** The schema files, published for editors. */
export const SCHEMA_FILE = new URL('../../config.schema.json', import.meta.url);

export const ROUTES_SCHEMA_FILE = new URL('../../routes.schema.json', import.meta.url);

export const TESTS_SCHEMA_FILE = new URL('../../tests.schema.json', import.meta.url);

/** Returns the JSON Schema (draft 2020-12) of the configuration file, before defaults are applied, as text. */
export function configJsonSchema(): string {
  const schema = z.toJSONSchema(fileSchema, { io: 'input' });
  return `${JSON.stringify({ title: 'Sallyport configuration', ...schema }, undefined, 2)}\n`;
}

/** The same for an included file. */
export function routesJsonSchema(): string {
  const schema = z.toJSONSchema(includedSchema, { io: 'input' });
  return `${JSON.stringify({ title: 'Sallyport routes, an included file', ...schema }, undefined, 2)}\n`;
}

/** The same for a file with test cases. */
export function testsJsonSchema(): string {
  const schema = z.toJSONSchema(testsSchema, { io: 'input' });
  return `${JSON.stringify({ title: 'Test cases of a Sallyport configuration', ...schema }, undefined, 2)}\n`;
}

if (import.meta.main && process.argv.includes('--write')) {
  writeFileSync(SCHEMA_FILE, configJsonSchema());
  writeFileSync(ROUTES_SCHEMA_FILE, routesJsonSchema());
  writeFileSync(TESTS_SCHEMA_FILE, testsJsonSchema());
}
