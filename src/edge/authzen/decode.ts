import * as z from 'zod';
import type { FieldError } from '../../core/answer.ts';

/** The most evaluations of one request. */
export const MAX_EVALUATIONS = 1_000;

/** How the evaluations of one request depend on each other (AuthZEN 1.0, section 7.1.2.1). */
export const SEMANTICS = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const;

export type Semantic = (typeof SEMANTICS)[number];

/** The message for a member of another type, and for one that is missing. */
const must = (message: string) => ({
  error: ({ input }: { readonly input?: unknown }) => (input === undefined ? 'is missing' : message),
});

const OBJECT = 'must be an object';
const BODY = 'the body must be a JSON object';

// Members that nothing reads are not copied: a thousand evaluations may inherit an object with a hundred thousand.
const text = z.string(must('must be a string')).min(1, 'must not be empty');
const properties = z.object({}, OBJECT).optional();

/** A subject, as the policy enforcement point names it; a token may be in its properties. */
const subject = z.object(
  { type: text, id: text, properties: z.object({ token: text.optional() }, OBJECT).optional() },
  must(OBJECT),
);
const action = z.object({ name: text, properties }, must(OBJECT));
const resource = z.object({ type: text, id: text, properties }, must(OBJECT));
const context = z.object({}, OBJECT).optional();

const single = z.object({ subject, action, resource, context }, BODY);
const one = z.object(single.shape, OBJECT);

const defaults = z.object(
  {
    subject: subject.optional(),
    action: action.optional(),
    resource: resource.optional(),
    context,
    evaluations: z
      .array(z.unknown(), 'must be a list of evaluations')
      .max(MAX_EVALUATIONS, `must have at most ${MAX_EVALUATIONS} evaluations`)
      .optional(),
    options: z
      .object({ evaluations_semantic: z.enum(SEMANTICS, `must be one of ${SEMANTICS.join(', ')}`).optional() }, OBJECT)
      .optional(),
  },
  BODY,
);

/** One question (AuthZEN 1.0, section 6.1). Unknown members are ignored (section 10.1.1). */
export type Evaluation = z.output<typeof single>;

/** One evaluation of several: a question, or what is wrong with it. */
export type Item =
  | { readonly outcome: 'evaluation'; readonly evaluation: Evaluation }
  | { readonly outcome: 'invalid'; readonly errors: readonly FieldError[] };

/** One question, several, or what is wrong with the whole. */
export type DecodedEvaluations =
  | Item
  | { readonly outcome: 'several'; readonly items: readonly Item[]; readonly semantic: Semantic };

/** Decodes the body of `POST /access/v1/evaluation`. */
export function decodeEvaluation(body: unknown): Item {
  return itemOf(single.safeParse(body));
}

/**
 * Decodes the body of `POST /access/v1/evaluations` (AuthZEN 1.0, section 7.1). Without evaluations it is a single
 * question. A top-level member is the default of each evaluation that leaves it out; nothing is merged within one.
 */
export function decodeEvaluations(body: unknown): DecodedEvaluations {
  const parsed = defaults.safeParse(body);
  if (!parsed.success) return { outcome: 'invalid', errors: errorsOf(parsed.error) };
  const { evaluations = [], options, subject, action, resource, context } = parsed.data;
  if (evaluations.length === 0) return decodeEvaluation(body);
  const given = Object.entries({ subject, action, resource, context }).filter(([, value]) => value !== undefined);
  const inherited = Object.fromEntries(given);
  const items = evaluations.map((own) => itemOf(one.safeParse(isObject(own) ? { ...inherited, ...own } : own)));
  return { outcome: 'several', items, semantic: options?.evaluations_semantic ?? 'execute_all' };
}

function itemOf(parsed: z.ZodSafeParseResult<Evaluation>): Item {
  return parsed.success
    ? { outcome: 'evaluation', evaluation: parsed.data }
    : { outcome: 'invalid', errors: errorsOf(parsed.error) };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function errorsOf({ issues }: z.ZodError): readonly FieldError[] {
  return issues.map(({ path, message }) => ({ field: path.join('.'), message }));
}
