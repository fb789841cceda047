import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfigText } from '../support/config.ts';

const ROOT = new URL('../../', import.meta.url);
const compose = parse(read('compose.yaml'), { merge: true });
const services: Record<string, Service> = compose.services;

/** What the tests read of a service. */
interface Service {
  readonly image: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly command?: readonly string[];
}

describe('compose.yaml', () => {
  it.each(Object.entries(services))('runs %s read-only and without capabilities', (_, service) => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
  });

  it('publishes on the loopback address only', () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(ports).toHaveLength(3);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('takes every image from a variable', () => {
    const images = Object.values(services).map(({ image }) => image);
    expect(images.filter((image) => !/^\$\{[A-Z]+_IMAGE:-[^}]+\}$/.test(image))).toEqual([]);
  });

  it('lets no client choose the address by which guesses are counted: only the network of the containers is trusted', () => {
    const { trustedProxies } = parse(read('deploy/compose/sallyport/sallyport.yaml'));
    expect(compose.networks.inside.ipam).toEqual({ config: trustedProxies.map((subnet: string) => ({ subnet })) });
  });

  it('leaves the services and Redis without a way out', () => {
    expect(compose.networks.inside).toMatchObject({ internal: true });
    for (const name of ['sallyport', 'redis', 'messages', 'devices']) {
      expect(services[name]).toMatchObject({ networks: ['inside'] });
    }
  });
});

describe('deploy/compose/envoy.yaml', () => {
  it('is envoy.yaml with the addresses of the containers', () => {
    const own = parse(read('envoy.yaml')).static_resources;
    const theirs = parse(read('deploy/compose/envoy.yaml')).static_resources;
    for (const resources of [own, theirs]) {
      delete resources.listeners[0].address;
      for (const cluster of resources.clusters) {
        // Each address that a name has, and only while it is ready.
        delete cluster.type;
        delete cluster.dns_refresh_rate;
        delete cluster.common_lb_config;
        delete cluster.load_assignment.endpoints;
      }
    }
    expect(theirs).toEqual(own);
  });

  it('knows the ports of compose.yaml', () => {
    const { clusters } = parse(read('deploy/compose/envoy.yaml')).static_resources;
    const addresses = clusters.map(
      (cluster: { load_assignment: { endpoints: { lb_endpoints: { endpoint: { address: object } }[] }[] } }) =>
        cluster.load_assignment.endpoints[0]?.lb_endpoints[0]?.endpoint.address,
    );
    const at = (address: string, port: unknown): object => ({ socket_address: { address, port_value: Number(port) } });
    const services = ['messages', 'devices'].map((name) => at(name, portOf(name)));
    expect(addresses).toEqual([at('sallyport', 9191), at('sallyport', 9192), ...services]);
  });
});

describe('deploy/compose/sallyport/sallyport.yaml', () => {
  const text = read('deploy/compose/sallyport/sallyport.yaml');

  it('is a valid configuration', () => {
    const env = { SALLYPORT_SEAL: 'a'.repeat(48), REDIS_PASSWORD: 'b'.repeat(48) };
    expect(loadConfigText(text, { env })).toMatchObject({ ok: true });
  });

  it('has the scopes and routes of sallyport.yaml', () => {
    const [{ scopes, routes, identity }, own] = [parse(text), parse(read('sallyport.yaml'))];
    expect({ scopes, routes, identity }).toEqual({ scopes: own.scopes, routes: own.routes, identity: own.identity });
  });
});

function portOf(name: string): string | undefined {
  return services[name]?.command?.[1];
}

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}
