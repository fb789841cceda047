import { freePorts } from '../ports.ts';
import type { Edit, TestedGateway } from './gateway.ts';

/**
 * Returns the edits that give a gateway a port for HTTP/2 without TLS, if it needs one beside that for HTTP/1.1, and that
 * port. nginx before 1.25 speaks one protocol on each port.
 */
export async function withHttp2Port({
  name,
}: TestedGateway): Promise<{ readonly edits: readonly Edit[]; readonly port: number | undefined }> {
  if (name !== 'nginx' && name !== 'ingress-nginx') return { edits: [], port: undefined };
  const [port = 0] = await freePorts(1);
  return { edits: [['server_name _', `listen 127.0.0.1:${port} http2; server_name _`]], port };
}
