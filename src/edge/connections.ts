import type { Server, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** How long clients have to close their connections once no call is running. */
const GOODBYE_MS = 500;
const LOOK_AGAIN_MS = 20;

/**
 * The open connections of a door and the number of calls that are running. Node's servers wait for connections that
 * they do not list: those in a TLS handshake and those that never sent a request.
 */
export class Connections {
  private readonly sockets = new Set<Socket>();
  private running = 0;

  /** Tracks every new connection of this server. */
  add(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  begin(): void {
    this.running += 1;
  }

  end(): void {
    this.running -= 1;
  }

  /**
   * Resolves once no connection is left. Cuts those that are still open half a second after the last call has ended,
   * and all of them after `limitMs`. Stop listening and ask the clients to close their connections before you call it.
   */
  async close(limitMs: number): Promise<void> {
    const endMs = performance.now() + limitMs;
    let quietSinceMs = performance.now();
    while (this.sockets.size > 0) {
      const nowMs = performance.now();
      if (this.running > 0) quietSinceMs = nowMs;
      if (nowMs >= endMs || nowMs - quietSinceMs >= GOODBYE_MS) break;
      await wait(LOOK_AGAIN_MS);
    }
    for (const socket of this.sockets) socket.destroy();
  }
}
