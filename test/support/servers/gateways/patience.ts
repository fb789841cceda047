import type { Edit } from './gateway.ts';

/**
 * The limits of each gateway's files, and generous ones for tests of other things than time: hashing passwords is slow while
 * tests run in parallel. By the name of the gateway's folder.
 */
export const PATIENCE: Readonly<Record<string, readonly Edit[]>> = {
  nginx: [['proxy_read_timeout 1s', 'proxy_read_timeout 10s']],
  'ingress-nginx': [['proxy_read_timeout 1s', 'proxy_read_timeout 10s']],
  'envoy-http': [['timeout: 0.2s }', 'timeout: 10s }']],
  caddy: [['response_header_timeout 500ms', 'response_header_timeout 10s']],
  haproxy: [['timeout server 500ms', 'timeout server 10s']],
};
