import { lstat, rm } from 'node:fs/promises';
import { connect } from 'node:net';

/**
 * Removes the Unix socket that a killed process left behind, where nobody could listen again. One that somebody
 * listens on stays, and so does any other kind of file: to listen there fails then, and says so.
 */
export async function removeDeadSocket(path: string): Promise<void> {
  const isSocket = await lstat(path).then(
    (entry) => entry.isSocket(),
    () => false,
  );
  if (isSocket && (await isDead(path))) await rm(path, { force: true });
}

function isDead(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}
