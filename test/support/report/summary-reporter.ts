import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

/** The one reason that may skip a test under CI, if `CONTAINER_ENGINE=none` says that no engine can be started there. */
const NO_ENGINE = 'no container engine runs';

/**
 * Prints the result of the run in the very last line: `N passed, N failed`, and `, N skipped` if any were. Names each
 * skipped test with its reason. Fails a run in which nothing ran or, with `CI=true`, anything was skipped that may not be.
 */
export class SummaryReporter implements Reporter {
  private passed = 0;
  private failed = 0;
  private skipped: readonly string[] = [];

  onInit(): void {
    // Vitest may print after the run has ended, and ends without a run if it finds no file.
    process.once('exit', () => this.conclude());
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const broken = modules.flatMap((module) => [module, ...module.children.allSuites()]).filter(isBroken);
    this.passed = tests.filter((test) => test.result().state === 'passed').length;
    this.failed =
      tests.filter((test) => test.result().state === 'failed').length + broken.length + unhandledErrors.length;
    this.skipped = tests.filter(isSkipped).map(describeSkipped);
  }

  private conclude(): void {
    const ran = this.passed + this.failed;
    const { CI, CONTAINER_ENGINE } = process.env;
    const unexcused = this.skipped.filter((line) => CONTAINER_ENGINE !== 'none' || !line.includes(NO_ENGINE));
    if (this.failed > 0 || ran === 0 || (unexcused.length > 0 && CI === 'true')) process.exitCode ||= 1;
    const counts = `${this.passed} passed, ${this.failed} failed`;
    const summary = this.skipped.length > 0 ? `${counts}, ${this.skipped.length} skipped` : counts;
    process.stdout.write([...this.skipped, summary, ''].join('\n'));
  }
}

/** Whether a file failed to load, or one of its hooks failed. */
function isBroken(entity: TestModule | TestSuite): boolean {
  return entity.errors().length > 0;
}

/** Whether a test neither passed nor failed: it was skipped, or never reached. */
function isSkipped(test: TestCase): boolean {
  return !['passed', 'failed'].includes(test.result().state);
}

function describeSkipped(test: TestCase): string {
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : 'the run ended before it';
  return `skipped: ${test.module.relativeModuleId} > ${test.fullName}: ${note ?? reasonOf(test)}`;
}

function reasonOf(test: TestCase): string {
  return test.options.mode === 'todo' ? 'todo' : 'no reason given, or a hook before it failed';
}
