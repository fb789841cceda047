import type { FastifyInstance } from 'fastify';

interface RegisteredRoute {
  readonly path: RegExp;
  readonly methods: readonly string[];
}

/** Records which methods each path of a server accepts. It must be constructed before the routes are added. */
export class AllowedMethods {
  private readonly routes: RegisteredRoute[] = [];

  constructor(server: FastifyInstance) {
    server.addHook('onRoute', ({ method, url }) => {
      this.routes.push({ path: pathPattern(url), methods: [method].flat() });
    });
  }

  /** Returns the methods for `Allow` (RFC 9110, section 10.2.1); none if no route has this path. */
  of(path: string): readonly string[] {
    const found = this.routes.filter((route) => route.path.test(path)).flatMap(({ methods }) => methods);
    return found.length === 0 ? [] : [...new Set([...found, 'OPTIONS'])].toSorted();
  }
}

/** Returns the pattern of a path in Fastify's syntax, such as `/v1/tokens/:id` or `/files/*`. */
function pathPattern(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part.startsWith(':')) return '[^/]+';
    return part === '*' ? '.*' : RegExp.escape(part);
  });
  return new RegExp(`^${parts.join('/')}$`);
}
