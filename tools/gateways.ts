import { findProgram, type Program, type ProgramKind } from './program.ts';

/** The gateways that come with the system's own packages. Envoy has {@link file://./envoy.ts}. */
const KINDS = {
  nginx: {
    name: 'nginx',
    variable: 'NGINX',
    versionArgs: ['-v'],
    versionPattern: /nginx\/(\d+\.\d+\.\d+)/,
    oldest: [1, 18],
  },
  caddy: {
    name: 'caddy',
    variable: 'CADDY',
    versionArgs: ['version'],
    versionPattern: /^v?(\d+\.\d+\.\d+)/,
    oldest: [2, 6],
  },
  haproxy: {
    name: 'haproxy',
    variable: 'HAPROXY',
    versionArgs: ['-v'],
    versionPattern: /HAProxy version (\d+\.\d+\.\d+)/,
    oldest: [2, 6],
  },
} as const satisfies Record<string, ProgramKind>;

/** Finds a gateway that is installed; `undefined` if it is missing. See {@link findProgram}. */
export async function findGateway(name: keyof typeof KINDS): Promise<Program | undefined> {
  return findProgram(KINDS[name]);
}
