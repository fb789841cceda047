import { readFile } from 'node:fs/promises';
import { readAdminListener } from '../../config/admin-listener.ts';
import { errorMessage, wordFileError } from '../../lib/errors.ts';
import { printable, quote } from '../../lib/wording.ts';
import { CommandError, UsageError } from '../command.ts';
import { defineCommand } from '../command-definition.ts';
import { show } from '../terminal/json.ts';
import type { AdminAccess } from './admin-client.ts';
import { addressText, askAdmin } from './admin-client.ts';
import type { StatusMetrics } from './metrics.ts';
import { readMetrics } from './metrics.ts';
import { componentLines } from './text.ts';

/** Asks a running Sallyport how it is. Imports little, because health checks run it every few seconds. */
export const status = defineCommand('status', {
  summary: 'ask the running Sallyport of a configuration how it is',
  takes: [],
  details: `Asks the listener listen.admin of the configuration, on this machine, for its readiness and its metrics.
Reads nothing else of the configuration.

Exits with 0 if Sallyport is ready, otherwise with 1, so that it can be the health check of a container.`,
  json: '{ready, status, address, components, version, uptimeSeconds, decisions, knownTokens}',
  options: {
    brief: { type: 'boolean', help: 'ask for the readiness only, not for the metrics: for health checks' },
    cert: { type: 'string', placeholder: 'FILE', help: 'a client certificate, if listen.admin requires one' },
    key: { type: 'string', placeholder: 'FILE', help: 'the key of the client certificate' },
  },
  async run({ config: file, values }, terminal) {
    const listener = readAdminListener(file);
    if (listener.outcome === 'refused') throw new CommandError(`${file}: ${listener.message}`);
    const access = { ...listener, ...(await readClient(values)) };
    const at = addressText(access.address);
    const { status: code, body } = await ask(access, '/readyz', at);
    const ready = readReadiness(code, body, at);
    const metrics = values.brief === true ? undefined : await readFrom(access, at);
    const view = { ready: code === 200, status: ready.status, address: at, components: ready.components, ...metrics };
    show(terminal, view, () => textOf(view, metrics));
    return code === 200 ? 0 : 1;
  },
});

async function readClient({
  cert,
  key,
}: {
  readonly cert?: string;
  readonly key?: string;
}): Promise<Pick<AdminAccess, 'client'>> {
  if (cert === undefined && key === undefined) return {};
  if (cert === undefined || key === undefined) throw new UsageError('--cert and --key are needed together');
  return { client: { cert: await readPem(cert), key: await readPem(key) } };
}

async function readPem(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CommandError(`sallyport: cannot read ${quote(path)}: ${wordFileError(cause)}`, { cause });
  });
}

async function ask(access: AdminAccess, path: string, at: string) {
  return await askAdmin(access, path).catch((cause: unknown) => {
    const why = printable(
      cause instanceof Error && cause.name === 'TimeoutError' ? 'no answer in time' : errorMessage(cause),
    );
    throw new CommandError(`sallyport: ${at} cannot be reached: ${why}; is Sallyport running?`, { cause });
  });
}

async function readFrom(access: AdminAccess, at: string): Promise<StatusMetrics> {
  return readMetrics((await ask(access, '/metrics', at)).body, Date.now());
}

interface Readiness {
  readonly status: string;
  readonly components: Readonly<Record<string, unknown>>;
}

function readReadiness(code: number, body: string, at: string): Readiness {
  const parsed = parse(body);
  if ((code === 200 || code === 503) && isReadiness(parsed)) return parsed;
  throw new CommandError(`sallyport: ${at} is not the admin listener of a Sallyport: /readyz answers ${code}`);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function isReadiness(value: unknown): value is Readiness {
  if (typeof value !== 'object' || value === null || !('status' in value) || !('components' in value)) return false;
  return typeof value.status === 'string' && typeof value.components === 'object' && value.components !== null;
}

function textOf(
  { status: state, address, components }: Readiness & { readonly address: string },
  metrics: StatusMetrics | undefined,
): string {
  const version = metrics?.version === undefined || metrics.version === null ? '' : ` ${metrics.version}`;
  const lines = [`${state}: sallyport${version} at ${address}`, ...componentLines(components)];
  if (metrics !== undefined) {
    const decisions = Object.entries(metrics.decisions).map(([outcome, count]) => `${count} ${outcome}`);
    lines.push(`decisions      ${decisions.join(', ') || 'none'}`);
    if (metrics.knownTokens !== null) lines.push(`known tokens   ${metrics.knownTokens}`);
    if (metrics.uptimeSeconds !== null) lines.push(`up             ${metrics.uptimeSeconds} s`);
  }
  return lines.map((line) => `${printable(line)}\n`).join('');
}
