import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GATEWAYS, type GatewayKind } from '../../../../deploy/gateways/kinds.ts';
import { freePorts } from '../ports.ts';
import { startProcess, untilReady } from '../process.ts';

const FOLDERS = fileURLToPath(new URL('../../../../deploy/gateways/', import.meta.url));

/** A gateway whose configuration may have to be made from its files. */
export interface TestedGateway extends GatewayKind {
  readonly prepare?: (folder: string) => Promise<void>;
}

/** The ports of what is behind a gateway. */
export interface PortsBehind {
  /** Sallyport's listener `verify`. */
  readonly verify: number;
  /** Sallyport's listener `tokens`. */
  readonly tokens: number;
  readonly messages: number;
  readonly devices: number;
}

/** A replacement in the files of a configuration; it must occur in one of them. */
export type Edit = readonly [from: string, to: string];

export interface RunningGateway {
  readonly port: number;
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** The folder with the configuration that it runs with. */
  readonly folder: string;
  /** Returns everything that it has written. */
  output(): string;
  close(): Promise<void>;
}

/** The ports that the files in `deploy/gateways` name. */
const WRITTEN = { gateway: 8080, tokens: 9192, verify: 9193, messages: 9301, devices: 9302 } as const;

/**
 * Starts a gateway on a free port with the files of its folder in `deploy/gateways`. They run as they are, except for the
 * ports and the edits, in a folder of their own.
 *
 * @param edits for what only a test needs, such as time for password hashing on a busy machine.
 */
export async function startGateway(
  kind: TestedGateway,
  behind: PortsBehind,
  edits: readonly Edit[] = [],
): Promise<RunningGateway> {
  const program = await kind.find();
  if (program === undefined) throw new Error(`${kind.title} is not installed`);
  const [port = 0] = await freePorts(1);
  const folder = await mkdtemp(join(tmpdir(), `sallyport-${kind.name}-`));
  await cp(join(FOLDERS, kind.name), folder, { recursive: true });
  await kind.prepare?.(folder);
  const home: readonly Edit[] = kind.installedIn === undefined ? [] : [[kind.installedIn, folder]];
  await editFiles(folder, [...portEdits({ gateway: port, ...behind }), ...home, ...edits]);
  const gateway = startProcess({ command: program.path, args: kind.args(folder) });
  const close = async (): Promise<void> => {
    await gateway.stop();
    await rm(folder, { recursive: true, force: true });
  };
  await untilReady(gateway, [port]).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  return { port, url: `http://127.0.0.1:${port}`, folder, output: () => gateway.output(), close };
}

/** Returns the commands of a guide with other ports than the written ones. */
export function onPorts(text: string, ports: PortsBehind & { readonly gateway: number }): string {
  return portEdits(ports).reduce(replaced, text);
}

function portEdits(ports: PortsBehind & { readonly gateway: number }): Edit[] {
  const names = ['gateway', 'tokens', 'verify', 'messages', 'devices'] as const;
  return names.map((name) => [String(WRITTEN[name]), String(ports[name])]);
}

async function editFiles(folder: string, edits: readonly Edit[]): Promise<void> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const files = names.map(({ parentPath, name }) => join(parentPath, name));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const missing = edits.filter((edit) => !texts.some((text) => replaced(text, edit) !== text));
  if (missing.length > 0) throw new Error(`not in ${folder}: ${missing.map(([from]) => from).join(', ')}`);
  const edited = texts.map((text) => edits.reduce((so, edit) => replaced(so, edit), text));
  await Promise.all(files.map((file, index) => writeFile(file, edited[index] ?? '')));
}

/** Replaces a whole word, so that the port 8080 is not found in 18080. */
function replaced(text: string, [from, to]: Edit): string {
  return text.replaceAll(new RegExp(`(?<![\\w])${from.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}(?![\\w])`, 'g'), to);
}

/** Every gateway, for `describe.each` with `$label`. The tests of one that is not installed are skipped by name. */
export async function installedGateways(kinds: readonly TestedGateway[] = GATEWAYS) {
  return Promise.all(
    kinds.map(async (kind) => {
      const isMissing = (await kind.find()) === undefined;
      return { kind, isMissing, label: isMissing ? `${kind.title} (skipped: not installed)` : kind.title };
    }),
  );
}
