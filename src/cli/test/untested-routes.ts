import type { Config } from '../../config/config.ts';
import type { Route } from '../../core/route.ts';

/** A route that no case reached. */
export interface UntestedRoute {
  readonly methods: readonly string[];
  readonly hosts: readonly string[];
  readonly path: string;
  readonly file: string;
  readonly line: number;
}

/** The routes of a configuration that no case reached, in the order of the configuration. */
export function untestedRoutes(
  { routes, routePlaces, file }: Pick<Config, 'routes' | 'routePlaces' | 'file'>,
  tested: ReadonlySet<Route | undefined>,
): readonly UntestedRoute[] {
  return routes
    .filter((route) => !tested.has(route))
    .map((route) => {
      const { methods, hosts, pattern: path } = route;
      return { methods, hosts, path, ...(routePlaces.get(route) ?? { file, line: 1 }) };
    });
}

/** Such as `sallyport.yaml:12: GET,POST /messages`. */
export function untestedText({ methods, hosts, path, file, line }: UntestedRoute): string {
  return `${file}:${line}: ${methods.join(',') || 'any method'} ${hosts.join(',')}${path}`;
}
