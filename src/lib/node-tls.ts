import type * as NodeHttps from 'node:https';
import type { Server } from 'node:net';
import type * as NodeTls from 'node:tls';

/** `node:tls`, which takes 4 MB and some 10 ms of a start to load: only where a part uses TLS. */
export function tls(): typeof NodeTls {
  return process.getBuiltinModule('node:tls');
}

/** `node:https`, which loads {@link tls}. */
export function https(): typeof NodeHttps {
  return process.getBuiltinModule('node:https');
}

/** Whether a server expects TLS, without loading TLS to find out. */
export function isTlsServer(server: Server): server is NodeTls.Server {
  return 'setSecureContext' in server;
}
