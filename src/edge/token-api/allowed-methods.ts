import type { FastifyInstance } from 'fastify';

interface KnownRoute {
  readonly path: RegExp;
  readonly methods: readonly string[];
}

/** Which methods each address of a server takes. Made before its routes are. */
export class AllowedMethods {
  private readonly routes: KnownRoute[] = [];

  constructor(server: FastifyInstance) {
    server.addHook('onRoute', ({ method, url }) => {
      this.routes.push({ path: pathPattern(url), methods: [method].flat() });
    });
  }

  /** For `Allow` (RFC 9110, section 10.2.1); empty where nothing has this address. */
  of(path: string): readonly string[] {
    const found = this.routes.filter((route) => route.path.test(path)).flatMap(({ methods }) => methods);
    return found.length === 0 ? [] : [...new Set([...found, 'OPTIONS'])].toSorted();
  }
}

/** Of a route as fastify writes it, as in `/v1/tokens/:id`. */
function pathPattern(url: string): RegExp {
  const parts = url.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : RegExp.escape(part)));
  return new RegExp(`^${parts.join('/')}$`);
}
