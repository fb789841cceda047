import type { Condition, Scalar } from '../../../core/claims/condition.ts';
import type { PathTemplate } from '../../../core/condition/path-template.ts';
import { segmentsOf } from '../../../core/patterns/pattern-order.ts';
import { list, quote } from '../../../lib/wording.ts';
import type { Draft } from '../../reading/draft.ts';
import type { Path } from '../../reading/problems.ts';

const TEMPLATE = /^([^{}]*)\{path\.([A-Za-z_][A-Za-z0-9_]*)\}([^{}]*)$/;
/** What is probably meant as a template. */
const LIKE_TEMPLATE = /\{\s*path\b/i;
const PARAMETER = /^\{(.+)\}$/;

/** A condition without the values that depend on the path, and these. */
interface ReadCondition {
  readonly literal: Condition;
  readonly templates: readonly PathTemplate[];
}

/** Separates the values of a condition that name a parameter of the route's path. */
export function readTemplates(draft: Draft, place: Path, condition: Condition, pattern: string): ReadCondition {
  if (condition.kind === 'present') return { literal: condition, templates: [] };
  if (condition.kind === 'prefix') {
    const prefix = condition.prefixes.find((one) => LIKE_TEMPLATE.test(one));
    if (prefix !== undefined) {
      draft.refuse(
        place,
        `${quote(prefix)} cannot be a prefix: a path with the first letter of a claim would match it`,
      );
    }
    return { literal: condition, templates: [] };
  }
  const templates: PathTemplate[] = [];
  const values: Scalar[] = [];
  for (const value of condition.values) {
    const template = typeof value === 'string' ? readTemplate(draft, place, value, pattern) : undefined;
    if (template === undefined) values.push(value);
    else templates.push(template);
  }
  return { literal: { kind: condition.kind, values }, templates };
}

/** `undefined` for a literal value, and for a template with a fault. */
function readTemplate(draft: Draft, place: Path, text: string, pattern: string): PathTemplate | undefined {
  const parameters = segmentsOf(pattern).map((segment) => PARAMETER.exec(segment)?.[1]);
  const [, before = '', name, after = ''] = TEMPLATE.exec(text) ?? [];
  if (name === undefined) {
    const bare = parameters.find((one) => one !== undefined && text.includes(`{${one}}`));
    if (bare !== undefined) draft.refuse(place, `write {path.${bare}} for the value of {${bare}} in the path`);
    else if (LIKE_TEMPLATE.test(text)) draft.refuse(place, `expected one {path.name} in a value, found ${quote(text)}`);
    return undefined;
  }
  const segment = parameters.indexOf(name);
  if (segment >= 0) return { text, before, segment, after };
  const known = parameters.filter((one) => one !== undefined).map((one) => `{${one}}`);
  const has = known.length === 0 ? 'no parameters' : list(known, 'and');
  draft.refuse(place, `${quote(pattern)} has no {${name}}: it has ${has}`);
  return undefined;
}
