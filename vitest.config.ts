import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './test/support/report/summary-reporter.ts';

export default defineConfig({
  test: {
    reporters: ['default', new SummaryReporter()],
    // One more than the cores of the smallest machine: most long specs wait for servers half of their time.
    maxWorkers: 4,
    // Generous, because the machine may be busy; no spec relies on this limit.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['src/**/*.spec.ts', 'test/**/*.spec.ts'],
          exclude: ['test/e2e/**', 'test/faults/{full,quick}.spec.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.spec.ts', 'test/faults/quick.spec.ts'],
          globalSetup: ['test/support/servers/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        extends: true,
        // Takes minutes; runs with `npm run test:faults`.
        test: {
          name: 'faults',
          include: ['test/faults/full.spec.ts', 'src/revocation-set/{promise,kept-answers}.spec.ts'],
          env: { PROMISE_RUNS: '6000' },
          globalSetup: ['test/support/servers/global-setup.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
