import { untilAccepting } from '../../../../deploy/demo/ports.ts';
import { freePorts } from '../ports.ts';
import { type Sallyport, type SallyportOptions, startSallyport } from '../sallyport.ts';
import { type Services, startServices } from '../services.ts';
import { type Edit, type PortsBehind, type RunningGateway, startGateway, type TestedGateway } from './gateway.ts';
import { PATIENCE } from './patience.ts';

const READY_MS = 20_000;

/** A gateway that asks over HTTP, Sallyport and the demo's two services. */
export interface GatewayPlatform {
  readonly gateway: RunningGateway;
  readonly sallyport: Sallyport;
  readonly services: Services;
  readonly behind: PortsBehind;
  close(): Promise<void>;
}

/** Starts all of it on free ports, Sallyport with the listener `verify` in the gateway's mode. */
export async function startGatewayPlatform(
  kind: TestedGateway,
  { env = {}, edit }: Omit<SallyportOptions, 'after'> = {},
  edits: readonly Edit[] = [],
): Promise<GatewayPlatform> {
  const services = await startServices();
  const [verify = 0] = await freePorts(1);
  const listen = { verify: { address: `127.0.0.1:${verify}`, mode: kind.mode } };
  const sallyport = await startSallyport({
    env,
    edit: (config) => {
      edit?.(config);
      // The example's `listen` is a map.
      config['listen'] = { ...(config['listen'] as object), ...listen };
    },
  });
  await untilAccepting(verify, READY_MS);
  const behind = { verify, tokens: sallyport.ports.tokens, ...services.ports };
  const gateway = await startGateway(kind, behind, [...(PATIENCE[kind.name] ?? []), ...edits]);
  const close = async (): Promise<void> => {
    await gateway.close();
    await sallyport.close();
    services.close();
  };
  return { gateway, sallyport, services, behind, close };
}
