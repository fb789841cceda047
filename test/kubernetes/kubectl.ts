import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** A Kubernetes object, as far as the tests read it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  readonly [member: string]: unknown;
}

/** `kubectl` with the cluster that it points at, in one namespace. */
export class Kubectl {
  readonly namespace: string;
  private readonly program: string;

  /** @param namespace for every command. */
  constructor(namespace: string, program: string = process.env['KUBECTL'] ?? 'kubectl') {
    this.namespace = namespace;
    this.program = program;
  }

  /** Resolves to what the command prints. Rejects with its error output. @param input its standard input. */
  async run(args: readonly string[], input = ''): Promise<string> {
    const child = this.start(args);
    child.stdin.end(input);
    const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    if (code === 0) return out;
    throw new Error(`kubectl ${args.slice(0, 3).join(' ')}: exit code ${code}: ${(err || out).trim()}`);
  }

  /** Starts a command that reads its standard input for as long as the caller keeps it open. */
  start(args: readonly string[]) {
    return spawn(this.program, ['--namespace', this.namespace, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  }

  async json<Shape = KubernetesObject>(...args: readonly string[]): Promise<Shape> {
    const parsed: Shape = JSON.parse(await this.run([...args, '--output', 'json']));
    return parsed;
  }

  /** Resolves once every pod of a Deployment or StatefulSet is of its present template and Ready. */
  async rolledOut(target: string, timeoutSeconds = 180): Promise<void> {
    await this.run(['rollout', 'status', target, `--timeout=${timeoutSeconds}s`]);
  }
}
