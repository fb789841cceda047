import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installedGateways, onPorts } from '../support/servers/gateways/gateway.ts';
import { startGatewayPlatform } from '../support/servers/gateways/platform.ts';
import { startPlatform } from '../support/servers/platform.ts';
import { matches, stepsOf } from './guide-steps.ts';

const SECTIONS = ['Prerequisites', 'Configuration', 'Try it', 'Clean up'];
const START = /^SALLYPORT_ACCOUNT=(\S+) npm start(?: -- (\S+))?$/;

/** A guide, and how to start what its first command starts. */
interface Guide {
  readonly page: string;
  readonly label: string;
  readonly isMissing: boolean;
  /** The name behind `npm start --`. */
  readonly argument: string | undefined;
  /** What the configuration of Sallyport must contain. */
  readonly listener: string;
  start(account: string): Promise<{ readonly ports: Parameters<typeof onPorts>[1]; close(): Promise<void> }>;
}

const ENVOY: Guide = {
  page: 'envoy',
  label: 'Envoy',
  isMissing: false,
  argument: undefined,
  listener: 'extAuthz: 127.0.0.1:9191',
  start: async (account) => {
    const { port, sallyport, services, close } = await startPlatform({ env: { SALLYPORT_ACCOUNT: account } });
    const { tokens, extAuthz } = sallyport.ports;
    return { ports: { gateway: port, tokens, verify: extAuthz, ...services.ports }, close };
  },
};

const GUIDES: readonly Guide[] = (await installedGateways()).map(({ kind, isMissing, label }) => ({
  page: kind.name,
  label,
  isMissing,
  argument: kind.name,
  listener: `verify: { address: 127.0.0.1:9193, mode: ${kind.mode} }`,
  start: async (account) => {
    const { behind, gateway, close } = await startGatewayPlatform(kind, { env: { SALLYPORT_ACCOUNT: account } });
    return { ports: { ...behind, gateway: gateway.port }, close };
  },
}));

/** Traefik does not run here. Its guide asks Sallyport as Traefik does, behind a gateway with the same listener. */
const TRAEFIK = GUIDES.filter(({ argument }) => argument === 'caddy').map(
  (caddy): Guide => ({ ...caddy, page: 'traefik', label: `Traefik, without Traefik, beside ${caddy.label}` }),
);

describe.each([ENVOY, ...GUIDES, ...TRAEFIK].filter(({ page }) => existsSync(pageOf(page))))(
  'the guide of $label',
  (guide) => {
    const text = readFileSync(pageOf(guide.page), 'utf8');
    const [first, ...steps] = stepsOf(text);
    const [, account = '', argument] = START.exec(first?.commands ?? '') ?? [];
    let running: Awaited<ReturnType<Guide['start']>>;

    beforeAll(async () => {
      if (!guide.isMissing) running = await guide.start(account);
    });

    afterAll(async () => {
      if (!guide.isMissing) await running.close();
    });

    it('has the sections of every guide', () => {
      expect(Array.from(text.matchAll(/^## (.*)$/gm), ([, title]) => title)).toEqual(SECTIONS);
    });

    it('starts this gateway, and names its listener', () => {
      expect([account === '', argument]).toEqual([false, guide.argument]);
      expect(text).toContain(guide.listener);
    });

    it.skipIf(guide.isMissing)('shows what its commands print', async () => {
      expect(steps.length).toBeGreaterThan(1);
      // Each command continues in the shell of the one before.
      const script = steps.map(({ commands }) => `${commands}\necho '---'`).join('\n');
      const { stdout } = await promisify(execFile)('bash', ['-euc', onPorts(script, running.ports)]);
      const printed = stdout.split('---\n').slice(0, -1);
      const shown = steps.map(({ output }, index) => (matches(printed[index] ?? '', output) ? printed[index] : output));
      expect(printed).toEqual(shown);
    });
  },
);

function pageOf(name: string): URL {
  return new URL(`../../docs/gateways/${name}.md`, import.meta.url);
}
