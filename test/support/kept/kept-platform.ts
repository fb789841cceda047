import { type CaseIssuers, startCaseIssuers } from '../servers/case-issuers.ts';
import type { EnvoyOptions, RunningEnvoy } from '../servers/envoy.ts';
import { startEnvoy } from '../servers/envoy.ts';
import { startUpstream, type Upstream } from '../servers/gateways/upstream.ts';
import { type Sallyport, startSallyport } from '../servers/sallyport.ts';
import { KEPT_FIELD } from './keeping.ts';

/** Sallyport, whose answers may be kept for long, Envoy with gateways that keep them, and two services behind it. */
export interface KeptPlatform {
  readonly issuers: CaseIssuers;
  readonly sallyport: Sallyport;
  readonly envoy: RunningEnvoy;
  readonly messages: Upstream;
  readonly devices: Upstream;
  /** The port of the gateway of this name. */
  portOf(gateway: string): number;
  /** Sends a message to the gateway; returns the status, and `kept` if it passed by a kept answer. */
  send(gateway: string, authorization: string, fields?: Readonly<Record<string, string>>): Promise<string>;
  close(): Promise<void>;
}

/** Starts all of it. @param edit a further change of Sallyport's configuration. */
export async function startKeptPlatform(
  options: EnvoyOptions,
  edit: (config: Record<string, unknown>) => void = () => {},
): Promise<KeptPlatform> {
  const issuers = await startCaseIssuers();
  const [messages, devices] = await Promise.all([startUpstream(), startUpstream()]);
  const sallyport = await startSallyport({
    env: issuers.env,
    edit: (config) => {
      issuers.configure(config);
      config['revocation'] = { maxStaleness: '60s', keep: '60s' };
      edit(config);
    },
  });
  const { extAuthz, tokens } = sallyport.ports;
  const ports = { sallyport: extAuthz, tokens, messages: messages.port, devices: devices.port };
  const envoy = await startEnvoy(ports, options);
  const portOf = (gateway: string): number => envoy.gateways.find(({ name }) => name === gateway)?.port ?? 0;
  return {
    issuers,
    sallyport,
    envoy,
    messages,
    devices,
    portOf,
    send: async (gateway, authorization, fields = {}) => {
      const headers = { authorization, ...fields };
      const response = await fetch(`http://127.0.0.1:${portOf(gateway)}/3rdparty/v1/messages`, { headers });
      await response.arrayBuffer();
      return response.headers.get(KEPT_FIELD) === 'true' ? `${response.status} kept` : String(response.status);
    },
    close: async () => {
      await envoy.close();
      await sallyport.close();
      messages.close();
      devices.close();
      issuers.close();
    },
  };
}
