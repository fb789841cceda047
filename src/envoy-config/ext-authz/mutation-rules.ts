import { identityHeaders } from '../../config/sections/identity/identity.ts';
import { OVERRIDE_HEADERS } from '../../core/upstream/override-headers.ts';
import type { CheckContext, CheckedManager } from '../context.ts';
import type { TextTest } from '../reading/string-matcher.ts';
import { readRegexMatcher } from '../reading/string-matcher.ts';
import { some } from '../strip/strip.ts';

/**
 * Checks that Envoy applies what an answer does to the headers. What these rules forbid it leaves out, and the request
 * passes all the same.
 */
export function checkMutationRules({ config, findings }: CheckContext, { asking }: CheckedManager): void {
  const rules = asking.config.get('decoder_header_mutation_rules');
  if (rules === undefined) return;
  const test = (name: string): TextTest => {
    const regex = rules.get(name);
    return regex === undefined ? () => false : readRegexMatcher(regex);
  };
  const [forbids, allows] = [test('disallow_expression'), test('allow_expression')];
  const forbidsRest = rules.get('disallow_all')?.isTrue === true;
  const names = [...identityHeaders(config.identity), ...OVERRIDE_HEADERS, 'authorization'];
  const kept = names.filter((name) => forbids(name) !== false || (forbidsRest && allows(name) !== true));
  if (kept.length === 0) return;
  const fails = rules.get('disallow_is_error')?.isTrue === true;
  const why = fails
    ? `Envoy refuses each request of which Sallyport sets or removes ${some(kept)}`
    : `Envoy leaves ${some(kept)} as the client sent it, whatever Sallyport says`;
  findings.judge(!fails, rules, `${why}: remove decoder_header_mutation_rules`);
}
