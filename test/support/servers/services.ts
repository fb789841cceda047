import { once } from 'node:events';
import { createService, type Received } from '../../../deploy/demo/services.ts';
import { freePorts } from './ports.ts';

/** The services behind the gateway, and the requests that reached them. */
export interface Services {
  readonly ports: { readonly messages: number; readonly devices: number };
  /** In order of arrival; empty it between tests. */
  readonly received: Received[];
  close(): void;
}

/** Starts the demo's two services on free ports. */
export async function startServices(): Promise<Services> {
  const [messages = 0, devices = 0] = await freePorts(2);
  const received: Received[] = [];
  const listening = Object.entries({ messages, devices }).map(async ([name, port]) => {
    const server = createService(name, (request) => received.push(request)).listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  });
  const servers = await Promise.all(listening);
  const close = (): void => {
    for (const server of servers) server.close().closeAllConnections();
  };
  return { ports: { messages, devices }, received, close };
}
