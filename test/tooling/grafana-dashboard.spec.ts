import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Panel, readDashboard } from '../support/monitoring/dashboard.ts';
import { documentedMetrics } from '../support/monitoring/metrics-table.ts';
import { metricsIn } from '../support/monitoring/queries.ts';

const { all, panels, templating, annotations } = readDashboard();
const RUNBOOK = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
const anchors = Array.from(RUNBOOK.matchAll(/^#+ (.*)$/gm), ([, title = '']) =>
  title.toLowerCase().replaceAll(' ', '-'),
);
const expressions = [
  ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...annotations.list.flatMap(({ expr }) => expr ?? []),
];

describe('deploy/grafana/sallyport.json', () => {
  it('begins with what an operator looks at first', () => {
    expect(all.filter(({ type }) => type === 'row').map(({ title }) => title)).toEqual([
      'Is it well?',
      'What is decided?',
      'How fast?',
      'Revocation and the store',
      'Issuers and keys',
      'Log-ins, tokens and Basic',
      'Connections',
      'Configuration, instances and records',
    ]);
  });

  it('has panels with ids and titles of their own, none of which covers another', () => {
    expect(panels.length).toBeGreaterThan(40);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    const cells = all.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...all.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  });

  it.each(panels)('gives the unit of $title', (panel) => {
    expect(unitOf(panel)).toMatch(/^\w+$/);
  });

  it('reads metrics that docs/observability.md describes, of the chosen jobs and instances only', () => {
    const known = documentedMetrics();
    expect(expressions.flatMap(metricsIn).filter((name) => !known.has(name))).toEqual([]);
    const unbound = expressions.filter((expr) => /\{(?![^}]*job=~"\$job)/.test(expr));
    expect(unbound).toEqual([]);
  });

  it('uses variables that exist', () => {
    const names = ['datasource', 'job', 'instance', 'door', 'route', 'issuer', 'runbook'];
    expect(templating.list.map(({ name }) => name)).toEqual(names);
    const used = expressions.flatMap((expr) => Array.from(expr.matchAll(/\$(?!__)(\w+)/g), ([, name = '']) => name));
    expect([...new Set(used)].toSorted()).toEqual(['door', 'instance', 'issuer', 'job', 'route']);
  });

  it('links to sections of the runbook that exist', () => {
    const links = panels.flatMap(({ links: own }) => own.map(({ url }) => url));
    expect(links.length).toBeGreaterThan(25);
    expect(links.filter((url) => !anchors.includes(url.replace('${runbook}#', '')))).toEqual([]);
  });

  it('marks reloads and starts', () => {
    expect(annotations.list.map(({ name }) => name)).toEqual(['Annotations & Alerts', 'Reloads', 'Starts']);
  });
});

function unitOf({ fieldConfig: { defaults, overrides } }: Panel): unknown {
  const override = overrides.flatMap(({ properties }) => properties).find(({ id }) => id === 'unit');
  // The states of a timeline have texts in place of a unit.
  return defaults.unit ?? override?.value ?? (defaults.mappings === undefined ? undefined : 'none');
}
