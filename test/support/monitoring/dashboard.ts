import { readFileSync } from 'node:fs';
import * as z from 'zod';

const FILE = new URL('../../../deploy/grafana/sallyport.json', import.meta.url);

const datasource = z.object({ type: z.literal('prometheus'), uid: z.literal('${datasource}') });

const target = z.object({ refId: z.string(), expr: z.string().min(1), legendFormat: z.string(), datasource });

const gridPos = z.object({
  x: z.int().min(0),
  y: z.int().min(0),
  w: z.int().min(1).max(24),
  h: z.int().min(1),
});

const row = z.object({
  type: z.literal('row'),
  id: z.int(),
  title: z.string(),
  gridPos,
  collapsed: z.literal(false),
  panels: z.tuple([]),
});

const panel = z.object({
  type: z.enum(['stat', 'timeseries', 'table', 'state-timeline']),
  id: z.int(),
  title: z.string().min(1),
  description: z.string().regex(/\.$/),
  gridPos,
  datasource,
  targets: z.array(target).min(1),
  fieldConfig: z.object({
    defaults: z.object({
      unit: z.string().optional(),
      mappings: z.array(z.object({ type: z.literal('value') })).optional(),
    }),
    overrides: z.array(z.object({ properties: z.array(z.object({ id: z.string(), value: z.unknown() })) })),
  }),
  options: z.record(z.string(), z.unknown()),
  links: z.array(z.object({ title: z.string(), url: z.string() })).prefault([]),
});

/** What the panels, the variables and the annotations of a dashboard of Grafana 10 to 12 must be. */
const dashboard = z.object({
  uid: z.string(),
  title: z.string(),
  // Grafana 10.0 has 38. Newer versions migrate an older one; older ones do not know a newer one.
  schemaVersion: z.literal(38),
  annotations: z.object({ list: z.array(z.object({ name: z.string(), expr: z.string().optional() })) }),
  templating: z.object({
    list: z.array(z.object({ name: z.string(), type: z.enum(['datasource', 'query', 'textbox']), label: z.string() })),
  }),
  panels: z.array(z.discriminatedUnion('type', [row, panel])),
});

export type Panel = z.output<typeof panel>;

/** Reads the dashboard of `deploy/grafana`. Throws if its form is not that of a dashboard. */
export function readDashboard() {
  const { panels, ...rest } = dashboard.parse(JSON.parse(readFileSync(FILE, 'utf8')));
  return { ...rest, all: panels, panels: panels.filter((one) => one.type !== 'row') };
}
