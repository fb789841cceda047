import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { CheckContext, CheckedManager } from '../context.ts';
import type { ConfigNode } from '../reading/config-node.ts';
import type { FilterOverride } from '../routes/route-table.ts';
import { allOverrides, overridesOf } from '../routes/route-table.ts';
import { readStrip, remedy, some } from '../strip/strip.ts';
import { digestOf } from './digest.ts';
import { checkFacts } from './facts.ts';
import { EXAMPLE, KEPT } from './names.ts';
import { SCRIPT_DIGEST } from './script-digest.ts';

/** Checks the code under the name of the two filters, and that it is nowhere else. */
export function checkScripts(context: CheckContext, checked: CheckedManager): void {
  const { routes } = checked;
  const { findings } = context;
  if (routes === undefined) return;
  const [whole] = overridesOf(KEPT, [routes.node]);
  if (whole === undefined) {
    const at = routes.node.get('typed_per_filter_config') ?? routes.node;
    const how = `write the script under ${KEPT} in typed_per_filter_config of the route configuration, as in ${EXAMPLE}`;
    findings.warn(at, `no answer is kept: ${how}`);
  }
  for (const [name, override] of allOverrides(routes)) {
    if (name === KEPT) checkScript(context, checked, override, override.node.value === whole?.node.value);
    else if (isOurs(override.config)) {
      findings.warn(override.node, `the script of ${KEPT} keeps nothing under another name: write it under ${KEPT}`);
    }
  }
}

/** Checks the code that a filter has itself: it runs on each route that has none. */
export function checkOwnCode(findings: CheckContext['findings'], config: ConfigNode | undefined): void {
  const inline = config?.get('inline_code');
  const sources = [
    config?.get('default_source_code'),
    ...(config?.get('source_codes')?.entries() ?? []).map(([, one]) => one),
  ];
  const codes = [
    ...(inline?.text === undefined ? [] : [{ outcome: 'read', at: inline, digest: digestOf(inline.text) } as const]),
    ...sources.flatMap((source) => (source === undefined ? [] : [codeOfSource(source, source)])),
  ];
  for (const code of codes) {
    checkDigest(findings, code);
    const why = 'code in a filter has a memory of its own, so that the other filter does not find what this one keeps';
    findings.warn(code.at, `${why}: move it to typed_per_filter_config of the route configuration`);
  }
}

function checkDigest(findings: CheckContext['findings'], code: Code): void {
  if (code.outcome === 'absent') {
    findings.miss(code.at, `the code cannot be read here: it must be kept.lua of ${EXAMPLE}, unchanged`);
  } else if (code.digest !== SCRIPT_DIGEST) {
    const why = `the code is not kept.lua of this version of Sallyport: other code can keep an answer longer than it holds, or let others pass`;
    findings.refuse(code.at, `${why}. Take the one beside ${EXAMPLE}, unchanged`);
  }
}

function checkScript(
  context: CheckContext,
  checked: CheckedManager,
  { node, config, disabled }: FilterOverride,
  isWhole: boolean,
): void {
  const { findings } = context;
  if (disabled) return;
  checkDigest(findings, codeOf(config));
  if (!isWhole) {
    const why = 'code at a virtual host or a route has a memory of its own';
    findings.warn(node, `${why}: write it once, at the route configuration`);
  }
  const stripped = strippedIn(config);
  if (stripped !== undefined) checkStripped(context, checked, stripped);
  const facts = config.get('filter_context', 'facts');
  if (facts !== undefined) checkFacts(context, checked, facts);
}

/** Whether the script is told that Envoy removes what clients must not send: it then removes nothing but credentials. */
export function isStrippedByEnvoy({ routes }: CheckedManager): boolean {
  const overrides = routes === undefined ? [] : [...allOverrides(routes)];
  return overrides.some(
    ([name, { config, disabled }]) => name === KEPT && !disabled && strippedIn(config) !== undefined,
  );
}

function strippedIn(config: ConfigNode): ConfigNode | undefined {
  const stripped = config.get('filter_context', 'stripped');
  return stripped?.isTrue === true ? stripped : undefined;
}

/** With this setting the script does not look for other spellings of the names that it sets. */
function checkStripped(context: CheckContext, checked: CheckedManager, stripped: ConfigNode): void {
  const { filters } = checked;
  const first = filters.findIndex(({ name }) => name === KEPT);
  const { names, spellings } = readStrip(context, checked, filters.slice(0, Math.max(first, 0)));
  const passing = [...spellings.identity, ...spellings.overrides, ...spellings.credentials];
  if (passing.length === 0) return;
  const why = `a client can send ${some(passing)} with a request that passes by a kept answer`;
  context.findings.refuse(stripped, `${why}: ${remedy(names)}, or remove this line`);
}

type Code =
  | { readonly outcome: 'read'; readonly at: ConfigNode; readonly digest: string }
  | { readonly outcome: 'absent'; readonly at: ConfigNode };

function isOurs(config: ConfigNode): boolean {
  if (config.get('source_code') === undefined) return false;
  const code = codeOf(config);
  return code.outcome === 'read' && code.digest === SCRIPT_DIGEST;
}

/** The code of a `LuaPerRoute`. A file is looked for where it is said to be, and by its name beside the configuration. */
function codeOf(config: ConfigNode): Code {
  return codeOfSource(config.get('source_code'), config);
}

/** The code of a `DataSource`. @param place where the finding is if there is none. */
function codeOfSource(source: ConfigNode | undefined, place: ConfigNode): Code {
  const inline = source?.get('inline_string');
  if (inline?.text !== undefined) return { outcome: 'read', at: inline, digest: digestOf(inline.text) };
  const bytes = source?.get('inline_bytes');
  if (bytes?.text !== undefined) {
    return { outcome: 'read', at: bytes, digest: digestOf(Buffer.from(bytes.text, 'base64').toString('utf8')) };
  }
  const name = source?.get('filename');
  const text = name?.text === undefined ? undefined : readBeside(dirname(place.file.name), name.text);
  const at = name ?? source ?? place;
  return text === undefined ? { outcome: 'absent', at } : { outcome: 'read', at, digest: digestOf(text) };
}

function readBeside(folder: string, name: string): string | undefined {
  for (const path of new Set([resolve(folder, name), resolve(name), resolve(folder, basename(name))])) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      // The path is that of the machine on which Envoy runs.
    }
  }
  return undefined;
}
