import type { Agent } from 'node:http';
import type { TelemetryConfig } from '../../config/telemetry-config.ts';
import { http } from '../../lib/node-http.ts';

/** The connections of the exporters, so that they can be closed: an export that hangs would keep the process alive. */
export class Agents {
  private readonly tls: TelemetryConfig['tls'];
  private readonly open: Agent[] = [];

  constructor(tls: TelemetryConfig['tls']) {
    this.tls = tls;
  }

  /** Makes the agent of one exporter. */
  async create(protocol: string): Promise<Agent> {
    const agent = await this.make(protocol);
    this.open.push(agent);
    return agent;
  }

  /** Breaks every connection off. */
  close(): void {
    for (const agent of this.open) agent.destroy();
  }

  private async make(protocol: string): Promise<Agent> {
    if (protocol === 'http:') return new http.Agent({ keepAlive: true });
    const { ca, cert, key } = this.tls ?? {};
    return new (await import('node:https')).Agent({
      keepAlive: true,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined || key === undefined ? {} : { cert, key: Buffer.from(key.reveal()) }),
    });
  }
}
