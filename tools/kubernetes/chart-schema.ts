import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CHART_SCHEMA = new URL('../../deploy/helm/sallyport/values.schema.json', import.meta.url);
const CONFIG_SCHEMA = new URL('../../config.schema.json', import.meta.url);

/**
 * Returns the schema of the chart's values with the schema of the configuration as that of the value `config`. Helm reads
 * no other file, so it must contain it.
 */
export function chartSchema(): string {
  const values = read(CHART_SCHEMA);
  const { title: description, $schema: _, ...config } = read(CONFIG_SCHEMA);
  const properties = { ...values.properties, config: { description, ...config } };
  return `${JSON.stringify({ ...values, properties }, undefined, 2)}\n`;
}

interface Schema extends Record<string, unknown> {
  readonly properties: Record<string, unknown>;
}

function read(file: URL): Schema {
  // Both are schemas of a map.
  return JSON.parse(readFileSync(file, 'utf8')) as Schema;
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv.includes('--write')) {
  writeFileSync(CHART_SCHEMA, chartSchema());
}
