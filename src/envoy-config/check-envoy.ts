import type { Config } from '../config/config.ts';
import type { Problem } from '../config/reading/problems.ts';
import { readSource } from '../config/reading/read-source.ts';
import type { CheckContext } from './context.ts';
import type { EnvoyFindings } from './findings.ts';
import { Findings } from './findings.ts';
import { checkSharedRoutes } from './kept/shared-routes.ts';
import { checkChain } from './manager/chain.ts';
import { checkUnaskedListeners } from './manager/unasked-listeners.ts';
import { ConfigNode } from './reading/config-node.ts';
import { readChains } from './reading/http-filter.ts';
import { readSetup } from './reading/setup.ts';

/**
 * Finds what is dangerous or useless in the configuration of Envoy around Sallyport. The files are one configuration: YAML or
 * JSON; a bootstrap, a listener, a cluster, a route configuration, or what `/config_dump` prints. Never throws.
 *
 * @param names paths of the files; findings quote them.
 * @param config the configuration of the Sallyport that this Envoy asks.
 */
export function checkEnvoy(names: readonly string[], config: Config): EnvoyFindings {
  const read = names.map(readFile);
  const broken = read.flatMap((one) => (one instanceof ConfigNode ? [] : one));
  if (broken.length > 0) return { problems: broken, warnings: [], unseen: [] };
  const files = read.flatMap((one) => (one instanceof ConfigNode ? one : []));
  const setup = readSetup(files);
  const findings = new Findings();
  const context: CheckContext = { config, setup, findings };
  const chains = setup.managers.flatMap((node) => readChains(node, setup).map((chain) => ({ node, ...chain })));
  const checked = chains.flatMap((chain) => checkChain(context, chain.node, chain.filters));
  checkSharedRoutes(context, checked);
  for (const source of setup.sources) {
    const what = 'listeners, clusters or filters that come from here are in none of the files';
    findings.miss(source, `${what}: check what /config_dump prints`);
  }
  for (const node of setup.ambiguous) {
    const why = `${node.twice().join(', ')}: written twice, also in camelCase, and Envoy takes one of the two`;
    findings.refuse(node, `${why}: remove one`);
  }
  const [first] = files;
  if (first !== undefined) checkUnaskedListeners(context, first, chains, checked);
  return findings.result();
}

/** The document, or what keeps it from being read. */
function readFile(name: string): ConfigNode | readonly Problem[] {
  const read = readSource(name);
  if (read.outcome === 'unreadable') return [{ file: name, line: 1, column: 1, path: '', message: read.why }];
  const { source } = read;
  if (source.problems.length > 0) return source.problems.map((problem) => ({ file: name, path: '', ...problem }));
  return new ConfigNode({ name, source }, source.value);
}
