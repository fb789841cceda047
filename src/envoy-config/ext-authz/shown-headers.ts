import { identityHeaders } from '../../config/sections/identity/identity.ts';
import { credentialFields } from '../../core/credential/places/places.ts';
import { otherSpellings } from '../../core/upstream/header-spellings.ts';
import type { CheckContext, CheckedManager } from '../context.ts';
import type { ConfigNode } from '../reading/config-node.ts';
import type { TextTest } from '../reading/string-matcher.ts';
import { readStringMatchers } from '../reading/string-matcher.ts';
import { readStrip, some } from '../strip/strip.ts';

/** Sallyport takes the absence of these for a sign that others are hidden, too. */
const PSEUDO_HEADERS = [':method', ':path', ':authority'];

/** Checks that Envoy hides no header from Sallyport that it needs. */
export function checkShownHeaders(context: CheckContext, checked: CheckedManager): void {
  const { config } = checked.asking;
  const allowed =
    config.get('allowed_headers') ?? config.get('http_service', 'authorization_request', 'allowed_headers');
  const disallowed = config.get('disallowed_headers');
  const list = disallowed ?? allowed;
  if (list === undefined) return;
  const isHttp = config.get('http_service') !== undefined;
  const hides = hiderOf(allowed, disallowed, isHttp);
  const hidden = neededHeaders(context).filter((name) => hides(name) === true);
  if (hidden.length > 0) {
    const where = disallowed === undefined ? 'add it to allowed_headers' : 'take it out of disallowed_headers';
    context.findings.warn(list, `Sallyport needs ${hidden.join(', ')} and does not see it: ${where}, or hide nothing`);
  }
  if (!isHttp) checkDisguised(context, checked, { list, hides });
}

function hiderOf(allowed: ConfigNode | undefined, disallowed: ConfigNode | undefined, isHttp: boolean): TextTest {
  const shows = allowed && readStringMatchers(allowed);
  const bars = disallowed && readStringMatchers(disallowed);
  return (name) => {
    const isAlwaysShown = isHttp && name === 'authorization';
    return bars?.(name) === true || (shows !== undefined && shows(name) === false && !isAlwaysShown);
  };
}

/** The headers by which this configuration decides. */
function neededHeaders({ config }: CheckContext): readonly string[] {
  const places = config.routes.flatMap(({ credentialPlaces }) => credentialPlaces ?? []);
  const hasCors = config.cors.rule !== undefined || config.routes.some(({ cors }) => cors !== undefined);
  return [
    ...new Set([
      'authorization',
      ...places.flatMap(credentialFields),
      ...(config.dpop.kind === 'on' ? ['dpop'] : []),
      ...(hasCors ? ['origin', 'access-control-request-method'] : []),
    ]),
  ];
}

interface Hidden {
  readonly list: ConfigNode;
  readonly hides: TextTest;
}

/** A hidden x_auth_subject reaches the upstream, unless Envoy removes it or Sallyport knows that headers are hidden. */
function checkDisguised(context: CheckContext, checked: CheckedManager, { list, hides }: Hidden): void {
  const { config, findings } = context;
  if (config.identity.everySpelling || PSEUDO_HEADERS.some((name) => hides(name) === true)) return;
  const spellings = identityHeaders(config.identity).flatMap(otherSpellings);
  const passing = readStrip(context, checked, checked.filters.slice(0, checked.askedAt)).spellings.identity;
  const forged = spellings.filter((name) => hides(name) === true && passing.includes(name));
  if (forged.length === 0) return;
  const why = `a client can send ${some(forged)}, which Sallyport does not see and many services read as its own header`;
  findings.refuse(list, `${why}: hide nothing, or write identity: { everySpelling: true } in sallyport.yaml`);
}
