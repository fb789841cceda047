import type { Redis } from 'ioredis';

/**
 * The same client, for keys of a slot that is on its way to its server: each command has ASKING before it, without
 * which the server would send it back. Also those that ioredis sends by itself, as when a script is not known there.
 */
export function asking(client: Redis): Redis {
  const sendCommand: Redis['sendCommand'] = (command, stream) => {
    // What goes wrong with it goes wrong with the command, too.
    client.asking().catch(() => undefined);
    return client.sendCommand(command, stream);
  };
  const pipeline = (commands: readonly unknown[][]) => {
    const all = client.pipeline(commands.flatMap((command) => [['asking'], command]));
    return { exec: async () => (await all.exec())?.filter((_answer, index) => index % 2 === 1) };
  };
  // The client itself, but for these methods.
  return Object.create(client, { sendCommand: { value: sendCommand }, pipeline: { value: pipeline } }) as Redis;
}
