import { clientFields } from './behind-envoy.ts';
import { MESSAGES } from './checks.ts';
import type { Contender } from './contenders.ts';
import type { Effort } from './direct.ts';
import { Table } from './figures.ts';
import type { RunningGateway, Way } from './gateway.ts';
import { checksByItself, startGateway } from './gateway.ts';
import { measureInTurns } from './measure.ts';
import { askingWay, keepingWay } from './ways.ts';

const ALONE = 'Envoy alone';
const OWN = "Envoy's jwt_authn + RBAC";
const OWN_CACHED = 'the same with its token cache';

/** One row: a way through Envoy, the server that it asks, and the paths of the requests. */
interface Chain {
  readonly name: string;
  readonly way: string;
  readonly server?: Contender | undefined;
  readonly paths: readonly string[];
}

const KEEPING = 'Envoy keeps answers';
const KEEPING_NO_FACTS = 'Envoy keeps answers, but not their facts';

/**
 * The whole chain: Envoy and the authorizer on one core, 128 requests in flight, then one. CPU time of both counts.
 *
 * @param keeping the server whose answers may be kept.
 */
export async function measureChain(
  contenders: readonly Contender[],
  keeping: Contender,
  token: string,
  effort: Effort,
): Promise<Table[]> {
  const asking = contenders.map(({ name }): Way => askingWay(`ext_authz, ${name}`, name));
  const ways: Way[] = [
    { name: ALONE, filters: [] },
    { name: OWN, filters: checksByItself(false) },
    { name: OWN_CACHED, filters: checksByItself(true) },
    ...asking,
    keepingWay(KEEPING, keeping.name),
    keepingWay(KEEPING_NO_FACTS, keeping.name, { facts: [] }),
  ];
  const servers = Object.fromEntries([...contenders, keeping].map(({ name, port }) => [name, port]));
  const [core] = effort.cores;
  const gateway = await startGateway(ways, servers, core);
  try {
    const chains = [
      ...[ALONE, OWN, OWN_CACHED].map((name): Chain => ({ name, way: name, paths: [MESSAGES] })),
      ...contenders.map(
        (server): Chain => ({
          name: `ext_authz, ${server.name}`,
          way: `ext_authz, ${server.name}`,
          server,
          paths: [MESSAGES],
        }),
      ),
      ...keptChains(keeping),
    ];
    return [
      await measure(gateway, chains, token, effort, { connections: 4, streams: 32 }),
      await measure(
        gateway,
        chains.filter(({ paths }) => paths.length === 1),
        token,
        effort,
        { connections: 1, streams: 1 },
      ),
    ];
  } finally {
    await gateway.close();
  }
}

/** Kept answers with different shares of requests that Envoy has met before. */
function keptChains(server: Contender): Chain[] {
  const chains = [100, 90, 50, 0].map((percent) => ({
    name: `kept, ${percent} % met again`,
    way: KEEPING,
    server,
    paths: percent === 100 ? [MESSAGES] : mixedPaths(percent / 100),
  }));
  return [{ name: 'kept, 100 %, facts: []', way: KEEPING_NO_FACTS, server, paths: [MESSAGES] }, ...chains];
}

/** So many that none comes again within the time for which an answer is kept. */
const PATHS = 300_000;

/** Returns paths of which this share is always the same, and all others are new. */
function mixedPaths(share: number): string[] {
  let owed = 0;
  return Array.from({ length: PATHS }, (_, index) => {
    owed += share;
    if (owed < 1) return `${MESSAGES}/${index}`;
    owed -= 1;
    return MESSAGES;
  });
}

async function measure(
  gateway: RunningGateway,
  chains: readonly Chain[],
  token: string,
  effort: Effort,
  flight: { readonly connections: number; readonly streams: number },
): Promise<Table> {
  const table = new Table();
  const subjects = chains.map(({ name, way, server, paths }) => ({
    name,
    processes: {
      'chain CPU µs': server === undefined ? [gateway.pid] : [gateway.pid, server.pid],
      ...(server === undefined ? {} : { 'of which the authorizer': [server.pid] }),
    },
    load: { port: gateway.portOf(way), paths, fields: clientFields(token), core: effort.cores[1], ...flight },
  }));
  await measureInTurns(table, subjects, effort);
  return table;
}
