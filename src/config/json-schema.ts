import { writeFileSync } from 'node:fs';
import * as z from 'zod';
import { fileSchema } from './sections/file-schema.ts';

/** The schema file, published for editors. */
export const SCHEMA_FILE = new URL('../../config.schema.json', import.meta.url);

/** Returns the JSON Schema (draft 2020-12) of the configuration file, before defaults are applied, as text. */
export function configJsonSchema(): string {
  const schema = z.toJSONSchema(fileSchema, { io: 'input' });
  return `${JSON.stringify({ title: 'Sallyport configuration', ...schema }, undefined, 2)}\n`;
}

if (import.meta.main && process.argv.includes('--write')) writeFileSync(SCHEMA_FILE, configJsonSchema());
