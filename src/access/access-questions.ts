import { isScope, noSuchScope, type ScopeNames } from '../accounts/scope-names.ts';
import type { Decision } from '../core/decision.ts';
import type { BatchDecider, DecisionLimits } from '../core/ports.ts';
import type { AccessRequest } from '../core/request.ts';
import { ALL_ANY } from '../core/scope.ts';

/** As the configuration writes it, and of a length that it may have. */
const SCOPE_NAME = /^[a-z][a-z0-9_-]{0,63}:[a-z][a-z0-9_-]{0,63}$/;
const NO_SCOPE_NAME = 'must be the name of a scope, such as "messages:send"';

/** The answer to a question of a service. `no such scope`: the question is wrong, and nothing was decided. */
export type AccessAnswer =
  | { readonly outcome: 'decided'; readonly decision: Decision }
  | { readonly outcome: 'no such scope'; readonly message: string };

export interface AccessQuestionsParts {
  /** The decider of the gateways' doors, so that every door gives the same answer. */
  readonly decider: BatchDecider;
  /** The scopes of the configuration, by name. */
  readonly catalogue: ScopeNames;
}

/** Answers services that ask whether a credential gives access to a route or to a scope. */
export class AccessQuestions {
  private readonly parts: AccessQuestionsParts;

  constructor(parts: AccessQuestionsParts) {
    this.parts = parts;
  }

  async answer(question: AccessRequest, limits?: DecisionLimits): Promise<AccessAnswer> {
    const message = this.problemOf(question);
    if (message !== undefined) return { outcome: 'no such scope', message };
    return { outcome: 'decided', decision: await this.parts.decider.decide(question, limits) };
  }

  /** Resolves to the answers in the order of the questions. One that is wrong leaves the others as they are. */
  async answerAll(questions: readonly AccessRequest[], limits?: DecisionLimits): Promise<readonly AccessAnswer[]> {
    const problems = new Map(questions.map((question) => [question, this.problemOf(question)]));
    const sound = questions.filter((question) => problems.get(question) === undefined);
    const decided = await this.parts.decider.decideMany(sound, limits);
    const decisions = new Map(sound.map((question, index) => [question, decided[index]]));
    return questions.map((question): AccessAnswer => {
      const message = problems.get(question);
      if (message !== undefined) return { outcome: 'no such scope', message };
      const decision = decisions.get(question);
      if (decision === undefined) throw new Error('a question was left without a decision');
      return { outcome: 'decided', decision };
    });
  }

  private problemOf({ scope }: AccessRequest): string | undefined {
    if (scope === undefined) return undefined;
    if (scope === ALL_ANY) return `${ALL_ANY} is no permission: ask about the scope that the operation needs`;
    if (isScope(this.parts.catalogue, scope)) return undefined;
    // Anything else may be a token in the wrong field.
    return SCOPE_NAME.test(scope) ? noSuchScope(this.parts.catalogue, scope) : NO_SCOPE_NAME;
  }
}
