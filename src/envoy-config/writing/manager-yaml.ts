import { stringify } from 'yaml';
import type { Config } from '../../config/config.ts';
import { forbiddenNames, strippedNames } from '../strip/stripped-names.ts';
import type { ManagerParts } from './manager-parts.ts';

const WIDTH = 110;

/** The parts as YAML to paste, with comments that say where and why. */
export function managerYaml(parts: ManagerParts, config: Config): string {
  const { early_header_mutation_extensions: strip, http_filters: filters, route_config: routes } = parts;
  const blocks = [
    `# For the HttpConnectionManager of Envoy's listener. The rest of it is as in envoy.yaml (docs/gateways/envoy.md).\n`,
    `# Removes what clients must not send, in every spelling, before anything reads it:\n${namesText(config)}`,
    yamlOf({ early_header_mutation_extensions: strip }),
  ];
  if (filters.length === 0) {
    blocks.push(
      '# No filter: listen.extAuthz is not set. docs/gateways/envoy-http.md shows the one that asks over HTTP.\n',
    );
    return blocks.join('');
  }
  blocks.push(
    `# First, so that no other filter acts on a request that is not allowed. Behind it: your other filters, and the router.\n`,
    `# The cluster sallyport is in envoy.yaml.\n`,
    ...(config.routes.some(({ mcp }) => mcp !== undefined)
      ? ['# Only envoy.filters.http.mcp stands before them, as in deploy/mcp/envoy.yaml.\n']
      : []),
    yamlOf({ http_filters: filters }),
  );
  if (routes !== undefined) {
    blocks.push(
      `# The code of both filters sallyport.kept: kept.lua of this version, unchanged (docs/kept-answers.md). Beside your virtual_hosts.\n`,
      yamlOf({ route_config: routes }),
    );
  }
  return blocks.join('');
}

function yamlOf(part: object): string {
  return stringify(part, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** The names that the expressions cover, as comments. */
function namesText(config: Config): string {
  const { all, others } = strippedNames(forbiddenNames(config));
  return wrapped([...all.toSorted(), ...others.map((name) => `other spellings of ${name}`)]);
}

function wrapped(words: readonly string[]): string {
  const lines: string[] = [];
  for (const [index, word] of words.entries()) {
    const text = index === words.length - 1 ? `${word}.` : `${word},`;
    const last = lines.at(-1);
    if (last !== undefined && last.length + text.length < WIDTH) lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(text);
  }
  return lines.map((line) => `# ${line}\n`).join('');
}
