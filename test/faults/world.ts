import { Agent } from 'node:http';
import { join } from 'node:path';
import { keeping as keepingGateway } from '../support/kept/keeping.ts';
import { type CaseIssuers, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { type EnvoyOptions, GATEWAYS, type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import { type HttpRequest, type HttpResponse, sendRequest } from '../support/servers/http-client.ts';
import { runSallyportProcess } from '../support/servers/run-sallyport.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { type Services, startServices } from '../support/servers/services.ts';
import { seal } from '../support/servers/stores.ts';
import type { Truth, Way } from './truth.ts';

/** The two instances: revocations are sent to A. */
export const SIDES = ['a', 'b'] as const;
export type Side = (typeof SIDES)[number];

export const MAX_STALENESS_MS = 1_000;

/** The parts of one side. */
interface Instance<OwnWay> {
  /** Its path to the revocation set. */
  readonly way: OwnWay;
  /** The Envoy that uses only this instance. */
  readonly envoy: RunningEnvoy;
  /** Connections to that Envoy. */
  readonly agent: Agent;
  sallyport: Sallyport;
  /** The output of earlier processes. */
  formerOutput: string;
}

/** A line of an instance's log. */
interface Said {
  /** On the monotonic clock of this process. */
  readonly atMs: number;
  readonly text: string;
}

type WayTo<Set extends Truth> = Awaited<ReturnType<Set['connect']>>;

/** Answers that the Envoys keep. */
export interface Keeping {
  /** `revocation.keep`. */
  readonly keepMs: number;
  /** Of each Envoy; each worker keeps answers of its own. */
  readonly workers: number;
}

interface FaultWorldParts<Set extends Truth> {
  readonly truth: Set;
  readonly keeping: Keeping | undefined;
  /** Of the configuration. */
  readonly onOutage: unknown;
  readonly cases: CaseIssuers;
  readonly services: Services;
  readonly instances: Readonly<Record<Side, Instance<WayTo<Set>>>>;
}

/** Two instances of Sallyport on one revocation set, each behind its own Envoy. */
export class FaultWorld<Set extends Truth = Truth> {
  readonly truth: Set;
  readonly cases: CaseIssuers;
  readonly instances: FaultWorldParts<Set>['instances'];
  private readonly parts: FaultWorldParts<Set>;

  constructor(parts: FaultWorldParts<Set>) {
    this.truth = parts.truth;
    this.cases = parts.cases;
    this.instances = parts.instances;
    this.parts = parts;
  }

  /** Whether the Envoys keep answers. */
  get isKeeping(): boolean {
    return this.parts.keeping !== undefined;
  }

  /** Sends a request through the Envoy of one side. */
  async ask(side: Side, question: Omit<HttpRequest, 'port' | 'agent'>): Promise<HttpResponse> {
    const { envoy, agent } = this.instances[side];
    return await sendRequest({ ...question, port: envoy.gateways[0]?.port ?? 0, agent });
  }

  /** Starts an instance again after a kill. */
  async restart(side: Side): Promise<void> {
    const { cases } = this.parts;
    const instance = this.instances[side];
    instance.formerOutput += instance.sallyport.output();
    const options = optionsFor(cases, instance.way, this.parts);
    instance.sallyport = await startSallyport({ ...options, after: instance.sallyport });
  }

  /** Runs a command with A's configuration. Rejects if it fails. */
  async command(...args: readonly string[]): Promise<void> {
    const { sallyport } = this.instances.a;
    const config = join(sallyport.folder, 'sallyport.yaml');
    const { code, output } = await runSallyportProcess([...args, '--config', config], { env: envOf(this.cases) });
    if (code !== 0) throw new Error(`sallyport ${args.join(' ')} ended with ${code}: ${output}`);
  }

  /** Whether each feed has proved within the bound that it reports changes. */
  async areFeedsFresh(): Promise<boolean> {
    const ages = await Promise.all(SIDES.map((side) => feedAgeMs(this.instances[side].sallyport)));
    return ages.every((ageMs) => ageMs <= MAX_STALENESS_MS);
  }

  /** Returns an instance's warnings and errors since then. */
  warnings(side: Side, sinceMs: number): Said[] {
    const { sallyport, formerOutput } = this.instances[side];
    const lines = `${formerOutput}${sallyport.output()}`.split('\n');
    return lines.map((line) => warningOf(side, line)).filter(({ atMs }) => atMs >= sinceMs);
  }

  async close(): Promise<void> {
    const { truth, services, cases, instances } = this.parts;
    for (const { agent, envoy, sallyport, way } of Object.values(instances)) {
      agent.destroy();
      await envoy.close();
      await sallyport.close();
      await way.close();
    }
    await truth.close();
    services.close();
    cases.close();
  }
}

/** @param onOutage of the configuration. */
export async function startFaultWorld<Set extends Truth>(
  truth: Set,
  onOutage: unknown,
  keeping?: Keeping,
): Promise<FaultWorld<Set>> {
  const cases = await startCaseIssuers();
  const services = await startServices();
  const start = async (): Promise<Instance<WayTo<Set>>> => {
    // What the truth itself makes is of its own kind.
    const way = (await truth.connect()) as WayTo<Set>;
    const sallyport = await startSallyport(optionsFor(cases, way, { onOutage, keeping }));
    const { extAuthz, tokens } = sallyport.ports;
    const envoy = await startEnvoy({ sallyport: extAuthz, tokens, ...services.ports }, envoyOptions(keeping));
    return { way, envoy, agent: new Agent({ keepAlive: true }), sallyport, formerOutput: '' };
  };
  const instances = { a: await start(), b: await start() };
  return new FaultWorld({ truth, onOutage, keeping, cases, services, instances });
}

function envoyOptions(keeping: Keeping | undefined): EnvoyOptions {
  if (keeping === undefined) return {};
  return {
    listeners: GATEWAYS.slice(0, 1).map((one) => ({ ...one, edit: keepingGateway() })),
    concurrency: keeping.workers,
  };
}

function optionsFor(
  cases: CaseIssuers,
  { store }: Way,
  { onOutage, keeping }: { readonly onOutage: unknown; readonly keeping: Keeping | undefined },
) {
  const edit = (config: Record<string, unknown>): void => {
    cases.configure(config);
    config['log'] = { level: 'info', passes: 0 };
    // Longer than the default, because a busy machine is not an outage.
    config['timeouts'] = { decision: '2s', store: '1s' };
    config['store'] = store;
    config['revocation'] = { maxStaleness: `${MAX_STALENESS_MS}ms`, keep: `${keeping?.keepMs ?? 0}ms`, onOutage };
    seal(config);
  };
  return { env: envOf(cases), edit };
}

function envOf({ env }: CaseIssuers): NodeJS.ProcessEnv {
  return { ...env, SEAL_SECRET: 'a secret of thirty-two bytes, ok' };
}

/** `Infinity` without a value. */
async function feedAgeMs({ ports }: Sallyport): Promise<number> {
  const question = { port: ports.admin, method: 'GET', path: '/metrics', headers: [] };
  const { body } = await sendRequest(question).catch(() => ({ body: '' }));
  const age = /^sallyport_feed_age_seconds (\S+)$/m.exec(body)?.[1];
  return age === undefined ? Infinity : Number(age) * 1_000;
}

/** Returns NaN as the time of any other line. */
function warningOf(side: Side, line: string): Said {
  const isWarning = line.includes('"log":"app"') && /"level":"(warn|error)"/.test(line);
  const { time = '', msg = '', cause = '' } = isWarning ? JSON.parse(line) : {};
  return { atMs: Date.parse(time) - performance.timeOrigin, text: `${side}: ${msg}: ${cause}` };
}
