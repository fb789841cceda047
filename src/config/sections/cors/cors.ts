import type { AllowedOrigins, CorsRule } from '../../../core/cors/cors-rule.ts';
import type { Listener } from '../../config.ts';
import type { Draft } from '../../reading/draft.ts';
import type { Path } from '../../reading/problems.ts';
import type { WrittenCors } from './cors-schema.ts';
import { corsSchema, parseOrigin } from './cors-schema.ts';

const PATH = ['cors'];
const DEFAULT_HEADERS = ['authorization', 'content-type'];
const DEFAULT_MAX_AGE_SECONDS = 600;

/** The rule for all routes, read and as written. */
export interface Cors {
  /** `undefined` without a rule. */
  readonly rule: CorsRule | undefined;
  readonly written: WrittenCors | undefined;
}

/** Reads the rule for all routes; `undefined` if it is invalid. */
export function readCors(draft: Draft): Cors | undefined {
  if (draft.valueAt(PATH) === undefined) return { rule: undefined, written: undefined };
  const written = draft.read(PATH, corsSchema);
  if (written === undefined) return undefined;
  const rule = toRule(draft, PATH, written);
  return rule && { rule, written };
}

/**
 * Reads the rule of a route, which takes over every key of the rule for all routes that it does not name itself.
 *
 * @param path of `cors` in the route.
 */
export function readRouteCors(
  draft: Draft,
  path: Path,
  own: WrittenCors | false | undefined,
  all: Cors | undefined,
): CorsRule | undefined {
  if (own === undefined) return all?.rule;
  if (own !== false) return toRule(draft, path, { ...all?.written, ...own });
  if (all?.written === undefined)
    draft.refuse(path, 'has no effect: there is no rule for all routes that it could end');
  return undefined;
}

function toRule(draft: Draft, path: Path, written: WrittenCors): CorsRule | undefined {
  const { origins, methods, headers, exposeHeaders, credentials = false, maxAge, preflight } = written;
  if (origins === undefined) {
    draft.refuse(path, 'missing: expected origins, here or in cors for all routes');
    return undefined;
  }
  if (credentials && origins === '*') {
    draft.refuse(path, "credentials cannot be combined with origins: '*': name the origins that may use them");
  }
  return {
    origins: originsOf(origins),
    methods: methods && new Set(methods),
    headers: new Set(headers ?? DEFAULT_HEADERS),
    exposedHeaders: exposeHeaders ?? [],
    credentials,
    maxAgeSeconds: maxAge ?? DEFAULT_MAX_AGE_SECONDS,
    preflight: preflight ?? 'answer',
  };
}

function originsOf(written: '*' | readonly string[]): AllowedOrigins {
  if (written === '*') return { every: true, exact: new Set(), below: [] };
  const parsed = written.map((origin) => ({ origin, parts: parseOrigin(origin) }));
  return {
    every: false,
    exact: new Set(parsed.flatMap(({ origin, parts }) => (parts?.isBelow === false ? [origin] : []))),
    below: parsed.flatMap(({ parts }) =>
      parts?.isBelow === true ? [{ scheme: parts.scheme, suffix: `.${parts.host}${parts.port}` }] : [],
    ),
  };
}

/** Warns of a rule that no gateway asks for, or that the gateways of this mode cannot carry out. */
export function warnOfUnservedCors(
  draft: Draft,
  { rule }: Cors,
  { extAuthz, verify }: { readonly extAuthz: Listener | undefined; readonly verify: Listener | undefined },
): void {
  if (rule === undefined) return;
  const mode = verify?.mode;
  if (extAuthz === undefined && mode === undefined) {
    draft.warn(PATH, 'no gateway asks: add listen.extAuthz, or listen.verify with a mode');
  }
  if (mode !== 'forwarded' || rule.preflight === 'pass') return;
  draft.warn(
    PATH,
    'to a gateway with mode: forwarded every 2xx means that the request may pass, so Sallyport denies the preflights that it should answer there: have the gateway answer them, or write preflight: pass',
  );
}
