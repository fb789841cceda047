import type { Route } from '../../core/route.ts';

/** Where the console lies, on the tokens door and behind the gateway. */
export const HOME = '/console';

/** The rule by which a session is judged: any token of ours that counts; which kind it must be, the session says. */
export function consoleRoute(ownIssuer: string): Route {
  return {
    pattern: `${HOME}/**`,
    hosts: [],
    methods: [],
    requirement: { kind: 'authenticated' },
    issuers: new Set([ownIssuer]),
    basic: false,
    sufficient: undefined,
    shadow: false,
  };
}
