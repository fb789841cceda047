/**
 * Headers with which a client asks an upstream to use a method, path or host other than the one that was authorized.
 * Frameworks read some of them by default (Symfony, Spring, ASP.NET, Rack, Express with `trust proxy`). Gunicorn
 * accepts `script_name` from a proxy on its own machine and removes that prefix from the path.
 */
export const OVERRIDE_HEADERS = [
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-method',
  'x-original-method',
  'x-forwarded-method',
  'x-original-url',
  'x-original-uri',
  'x-rewrite-url',
  'x-forwarded-uri',
  'x-forwarded-path',
  'x-forwarded-host',
  'x-forwarded-server',
  'x-original-host',
  'x-http-host-override',
  'x-host',
  'forwarded',
  'script-name',
  'x-script-name',
] as const;
