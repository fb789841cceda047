import { loadConfig } from '../../config/load.ts';
import { managerParts } from '../../envoy-config/writing/manager-parts.ts';
import { managerYaml } from '../../envoy-config/writing/manager-yaml.ts';
import { ConfigError } from '../command.ts';
import { defineCommand } from '../command-definition.ts';
import { show } from '../terminal/json.ts';

/** Prints what Envoy needs for a configuration. */
export const envoy = defineCommand('envoy', {
  summary: 'print the filters that Envoy needs for a configuration',
  takes: [],
  details: `Prints YAML for the HttpConnectionManager of your Envoy: the mutations that remove the identity headers of this
configuration and the headers that override a method, path or host, in every spelling; the filter that asks
Sallyport; and with revocation.keep the two filters that keep answers, and their code. The rest is in envoy.yaml.
Print it again after a change of identity, credentials, timeouts.decision or revocation.keep.
\`sallyport check --envoy FILE\` says whether a configuration of Envoy has all of it.

Opens nothing. The variables and files that hold secrets may be absent.`,
  json: '{early_header_mutation_extensions, http_filters, route_config?}, as Envoy names them; route_config is absent if nothing is kept',
  options: {},
  run({ config: file }, terminal) {
    const loaded = loadConfig(file, terminal.env, { withoutSecrets: true });
    if (!loaded.ok) throw new ConfigError(loaded.problems);
    const parts = managerParts(loaded.config);
    show(terminal, parts, () => managerYaml(parts, loaded.config));
    return Promise.resolve(0);
  },
});
