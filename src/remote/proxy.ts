import type { Agent } from 'node:https';
import { isLoopbackUrl } from '../config/key-url.ts';
import { https } from '../lib/node-tls.ts';

/**
 * Whether Node sends requests through the proxies of the environment: with `NODE_USE_ENV_PROXY=1` or `--use-env-proxy`
 * its own agent has them.
 */
function hasProxies(): boolean {
  return https().globalAgent.options.proxyEnv !== undefined;
}

/**
 * Keeps requests to this machine off the proxies of the environment. A proxy has another loopback, and must not receive
 * what is meant for this one, because loopback may be reached without TLS. `fetch` has no option for one request, but it
 * reads `NO_PROXY` before each.
 *
 * @param env the variables of this process.
 */
export function keepLoopbackDirect(url: URL, env: NodeJS.ProcessEnv = process.env): void {
  if (!hasProxies() || !isLoopbackUrl(url)) return;
  // Node prefers the lower-case name.
  const exceptions = env['no_proxy'] || env['NO_PROXY'] || '';
  if (exceptions.trim() === '*' || exceptions.split(/[\s,]+/).includes(url.hostname)) return;
  env['no_proxy'] = [exceptions, url.hostname].filter((one) => one !== '').join(',');
}

/**
 * Returns an agent, which uses the proxies of the environment as `fetch` does.
 *
 * @param keepAlive whether it keeps connections, for several requests; by default, it is for one.
 */
export function agentFor(url: URL, keepAlive = false): Agent {
  const { Agent, globalAgent } = https();
  const { proxyEnv } = globalAgent.options;
  return new Agent({ keepAlive, ...(proxyEnv === undefined || isLoopbackUrl(url) ? {} : { proxyEnv }) });
}
