import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** One person's browser: cookies of its own, and all that it complained about. */
export interface Visitor {
  readonly page: Page;
  /** Errors on the browser's console, those of its content policy included. */
  readonly complaints: readonly string[];
  /** Where the focus is: the name that is read out, as far as these pages give one. */
  focused(): Promise<string>;
  /** Presses Tab until the focus is on what is called so, which must be visible on each stop of the way. */
  tabTo(name: string): Promise<void>;
  /** What a checker of accessibility finds wrong with the page, by WCAG 2.2 AA. */
  barriers(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function startBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--disable-dev-shm-usage'] });
}

export async function openVisitor(browser: Browser, options: BrowserContextOptions = {}): Promise<Visitor> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  const focused = async (): Promise<string> => String(await page.evaluate(FOCUSED));
  const tabTo = async (name: string): Promise<void> => {
    const passed: string[] = [];
    while (passed.length < 60) {
      await page.keyboard.press('Tab');
      const stop = await focused();
      if (!stop.endsWith(VISIBLE)) throw new Error(`the focus is not to be seen on ${stop}`);
      if (stop === name + VISIBLE) return;
      passed.push(stop);
    }
    throw new Error(`Tab does not lead to ${name}, but to ${passed.join(', ')}`);
  };
  return { page, complaints, focused, tabTo, barriers: () => barriersOf(page), close: () => context.close() };
}

const VISIBLE = ' (visible)';

/** Runs in the page: text, since the types of a browser are not those of this project. */
const FOCUSED = `(() => {
  const it = document.activeElement;
  const label = it.labels?.[0]?.firstChild?.textContent?.trim() || it.labels?.[0]?.textContent;
  const { outlineStyle, outlineWidth } = getComputedStyle(it);
  const name = (label || it.textContent || it.tagName).trim().replace(/\\s+/g, ' ');
  return name + (outlineStyle !== 'none' && outlineWidth !== '0px' ? '${VISIBLE}' : '');
})()`;

async function barriersOf(page: Page): Promise<readonly string[]> {
  // With its style sheet, without which everything is small.
  await page.waitForLoadState('load');
  await page.evaluate(`${axe.source}; undefined`);
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const found = await page.evaluate(`axe.run({ runOnly: ${JSON.stringify(tags)} }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target + ': ' + failureSummary)))`);
  // The form that the expression gives it.
  return found as string[];
}
