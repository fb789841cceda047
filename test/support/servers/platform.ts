import type { CaseIssuers } from './case-issuers.ts';
import { type EnvoyOptions, type RunningEnvoy, startEnvoy } from './envoy.ts';
import { call, type HttpResponse } from './http-client.ts';
import { type Sallyport, type SallyportOptions, startSallyport } from './sallyport.ts';
import { type Services, startServices } from './services.ts';
import type { StoreUnderTest } from './stores.ts';

/** Envoy, Sallyport and the demo's two services. */
export interface Platform {
  /** The instance that was started last. */
  readonly sallyport: Sallyport;
  readonly services: Services;
  readonly envoy: RunningEnvoy;
  /** The port of Envoy's first gateway. */
  readonly port: number;
  /** Sends one request through that gateway; a body is sent as JSON. */
  call(method: string, path: string, authorization?: string, body?: object): Promise<HttpResponse>;
  /** Starts Sallyport again after it has exited, with the same ports and data. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Starts all of it on free ports. */
export async function startPlatform(
  options: Omit<SallyportOptions, 'after'> = {},
  envoyOptions: EnvoyOptions = {},
): Promise<Platform> {
  const services = await startServices();
  let sallyport = await startSallyport(options);
  const { extAuthz, tokens } = sallyport.ports;
  const envoy = await startEnvoy({ sallyport: extAuthz, tokens, ...services.ports }, envoyOptions);
  const port = envoy.gateways[0]?.port ?? 0;
  return {
    get sallyport() {
      return sallyport;
    },
    services,
    envoy,
    port,
    call: (...request) => call(port, ...request),
    restart: async () => {
      sallyport = await startSallyport({ ...options, after: sallyport });
    },
    close: async () => {
      await envoy.close();
      await sallyport.close();
      services.close();
    },
  };
}

/** Returns the options for Sallyport with these issuers and this store. */
export function optionsFor(issuers: CaseIssuers, store: StoreUnderTest) {
  const edit = (config: Record<string, unknown>): void => {
    issuers.configure(config);
    store.edit(config);
  };
  return { env: { ...issuers.env, ...store.env }, edit };
}
