import { GenericContainer, type StartedTestContainer } from 'testcontainers';

/**
 * A container as Kubernetes' level `restricted` runs it: the root is read-only, and no process has or gets a capability. Its
 * ports are published on the loopback address only.
 */
export class SandboxedContainer extends GenericContainer {
  constructor(image: string) {
    super(image);
    this.hostConfig.ReadonlyRootfs = true;
    this.hostConfig.CapDrop = ['ALL'];
    this.hostConfig.SecurityOpt = ['no-new-privileges:true'];
  }

  protected override async beforeContainerCreated(): Promise<void> {
    const ports = Object.keys(this.createOpts.ExposedPorts ?? {});
    const loopback = [{ HostIp: '127.0.0.1', HostPort: '' }];
    this.hostConfig.PortBindings = Object.fromEntries(ports.map((port) => [port, loopback]));
  }
}

/** Runs a program of Node inside; resolves to its standard output. Rejects with all of its output if it fails. */
export async function runNode(container: StartedTestContainer, program: string): Promise<string> {
  const { exitCode, stdout, output } = await container.exec([
    '/usr/local/bin/node',
    '--input-type=module',
    '--eval',
    program,
  ]);
  if (exitCode !== 0) throw new Error(output);
  return stdout;
}
