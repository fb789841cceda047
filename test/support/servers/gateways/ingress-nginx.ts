import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { NGINX } from '../../../../deploy/gateways/kinds.ts';
import type { TestedGateway } from './gateway.ts';

/** The parts of the manifests that the controller turns into nginx's configuration. */
interface Ingress {
  metadata: { annotations: Record<string, string> };
  spec: { rules: [{ http: { paths: IngressPath[] } }] };
}
interface IngressPath {
  path: string;
  pathType: 'Prefix' | 'Exact';
  backend: { service: { name: string; port: { number: number } } };
}
interface ConfigMap {
  metadata: { namespace: string; name: string };
  data: Record<string, string>;
}

/** The controller leaves nginx's default of 60 s, for which no test waits. */
const SHORT_READ_TIMEOUT = '1s';
const ANNOTATION = 'nginx.ingress.kubernetes.io/';

/**
 * nginx with the configuration that the ingress-nginx controller 1.11 renders from the manifests in
 * `deploy/gateways/ingress-nginx`, as far as it concerns requests and their headers: a cluster would run the same nginx.
 */
export const INGRESS_NGINX: TestedGateway = { ...NGINX, name: 'ingress-nginx', title: 'ingress-nginx', prepare };

async function prepare(folder: string): Promise<void> {
  const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
  // The controller validates their form.
  const ingress = parse(await read('ingress.yaml')) as Ingress;
  const maps = parseAllDocuments(await read('controller.yaml')).map((document) => document.toJS() as ConfigMap);
  const data = maps.find(({ metadata }) => metadata.name === 'ingress-nginx-controller')?.data ?? {};
  const named = maps.find(({ metadata: { namespace, name } }) => `${namespace}/${name}` === data['proxy-set-headers']);
  await writeFile(join(folder, 'nginx.conf'), render(ingress, data, named?.data ?? {}));
}

function render(
  { metadata: { annotations }, spec: { rules } }: Ingress,
  options: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
): string {
  const url = new URL(annotations[`${ANNOTATION}auth-url`] ?? '');
  const copied = (annotations[`${ANNOTATION}auth-response-headers`] ?? '').split(',').map((name) => name.trim());
  const onOff = (key: string, value: 'true' | 'false'): string => ((options[key] ?? value) === 'true' ? 'on' : 'off');
  return `pid nginx.pid;
events {}
http {
  client_body_temp_path client_temp;
  proxy_temp_path proxy_temp;
  fastcgi_temp_path fastcgi_temp;
  uwsgi_temp_path uwsgi_temp;
  scgi_temp_path scgi_temp;
  access_log off;
  underscores_in_headers ${onOff('enable-underscores-in-headers', 'false')};
  ignore_invalid_headers ${onOff('ignore-invalid-headers', 'true')};
  large_client_header_buffers 4 8k;
  map $http_host $best_http_host { default $http_host; '' $host; }
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  ${options['http-snippet'] ?? ''}
  server {
    listen 127.0.0.1:8080;
    server_name _;
    ${options['server-snippet'] ?? ''}
    location = /_external-auth {
      internal;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header X-Forwarded-Proto "";
      proxy_set_header X-Request-ID $request_id;
      proxy_set_header Host ${url.host};
      proxy_set_header X-Original-URL $scheme://$http_host$request_uri;
      proxy_set_header X-Original-Method $request_method;
      proxy_set_header X-Sent-From "nginx-ingress-controller";
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Auth-Request-Redirect $request_uri;
      proxy_buffering off;
      proxy_buffer_size 4k;
      proxy_buffers 4 4k;
      proxy_pass_request_headers on;
      proxy_read_timeout ${SHORT_READ_TIMEOUT};
      proxy_http_version 1.1;
      set $target http://127.0.0.1:${url.port}${url.pathname};
      proxy_pass $target;
    }
${rules[0].http.paths.map((path) => location(path, copied, headers)).join('\n')}
    location / {
      return 404;
    }
  }
}
`;
}

function location(
  { path, pathType, backend: { service } }: IngressPath,
  copied: readonly string[],
  headers: Readonly<Record<string, string>>,
): string {
  return `    location ${pathType === 'Exact' ? '= ' : ''}${path} {
      auth_request /_external-auth;
${copied.map((name, index) => `      auth_request_set $authHeader${index} $upstream_http_${name.toLowerCase().replaceAll('-', '_')};`).join('\n')}
${copied.map((name, index) => `      proxy_set_header '${name}' $authHeader${index};`).join('\n')}
      proxy_set_header Host $best_http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header X-Request-ID $request_id;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Host $best_http_host;
      proxy_set_header X-Forwarded-Port $server_port;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Scheme $scheme;
      proxy_set_header X-Scheme $scheme;
      proxy_set_header X-Original-Forwarded-For $http_x_forwarded_for;
      proxy_set_header Proxy "";
${Object.entries(headers)
  .map(([name, value]) => `      proxy_set_header ${name} "${value}";`)
  .join('\n')}
      proxy_http_version 1.1;
      proxy_set_header Connection $connection_upgrade;
      proxy_pass http://127.0.0.1:${service.port.number};
    }`;
}
