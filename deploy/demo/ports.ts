import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const HOST = '127.0.0.1';

/** Whether the port is in use on the loopback address. */
export async function isTaken(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(true));
    server.listen({ host: HOST, port }, () => server.close(() => resolve(false)));
  });
}

/** Resolves once the port accepts connections; rejects after `timeoutMs`. */
export async function untilAccepting(port: number, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await isAccepting(port))) {
    if (performance.now() > deadline) throw new Error(`nothing listens on ${HOST}:${port} after ${timeoutMs} ms`);
    await sleep(20);
  }
}

async function isAccepting(port: number): Promise<boolean> {
  const socket = connect({ host: HOST, port });
  return new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).finally(() => socket.destroy());
}

/** Returns the process that listens on a port, as `name (pid 123)`; `undefined` if the system does not say. */
export function holderOf(port: number): string | undefined {
  try {
    const sockets = new Set(listeningInodes(port).map((inode) => `socket:[${inode}]`));
    const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && holdsAny(name, sockets));
    return pid === undefined ? undefined : `${nameOf(pid)} (pid ${pid})`;
  } catch {
    return undefined; // no /proc, or another user's process
  }
}

/** Returns the name of the program of a process. */
function nameOf(pid: string): string {
  return basename(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? '');
}

/** Reads `/proc/net/tcp`. Fields: 1 local address in hexadecimal, 3 state (0A: listening), 9 inode. */
function listeningInodes(port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => readFileSync(file, 'utf8').split('\n'));
  const rows = lines.map((line) => line.trim().split(/\s+/));
  return rows.flatMap((row) => (row[1]?.endsWith(suffix) && row[3] === '0A' && row[9] ? [row[9]] : []));
}

function holdsAny(pid: string, sockets: ReadonlySet<string>): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((fd) => sockets.has(readlinkSync(`${folder}/${fd}`)));
  } catch {
    return false; // it has exited, or belongs to another user
  }
}
