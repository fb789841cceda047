import type { Config } from '../config/config.ts';
import type { Findings } from './findings.ts';
import type { ConfigNode } from './reading/config-node.ts';
import type { HttpFilter } from './reading/http-filter.ts';
import type { EnvoySetup } from './reading/setup.ts';
import type { RouteTable } from './routes/route-table.ts';

/** What every check reads, and where it reports. */
export interface CheckContext {
  /** Sallyport's. */
  readonly config: Config;
  readonly setup: EnvoySetup;
  readonly findings: Findings;
}

/** One connection manager whose requests Sallyport decides. */
export interface CheckedManager {
  readonly node: ConfigNode;
  readonly filters: readonly HttpFilter[];
  /** Where in `filters` Envoy asks Sallyport. */
  readonly askedAt: number;
  /** The filter that asks. */
  readonly asking: AskingFilter;
  /** All filters of the list that ask Sallyport, this one among them. */
  readonly all: readonly AskingFilter[];
  /** `undefined` if the files do not contain its routes. */
  readonly routes: RouteTable | undefined;
}

/** An ext_authz filter. */
export type AskingFilter = HttpFilter & { readonly config: ConfigNode };
