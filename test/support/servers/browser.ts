import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** One person's browser session, with its own cookies and the errors that it reported. */
export interface Visitor {
  readonly page: Page;
  /** Errors on the browser's console, including violations of the content security policy. */
  readonly complaints: readonly string[];
  /** Resolves to the accessible name of the focused element. */
  focused(): Promise<string>;
  /** Presses Tab until the element with this name has the focus. Rejects if the focus is invisible on any stop. */
  tabTo(name: string): Promise<void>;
  /** Resolves to the page's violations of WCAG 2.2 AA. */
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
      if (!stop.endsWith(VISIBLE)) throw new Error(`the focus is invisible on ${stop}`);
      if (stop === name + VISIBLE) return;
      passed.push(stop);
    }
    throw new Error(`Tab does not reach ${name}, but only ${passed.join(', ')}`);
  };
  return { page, complaints, focused, tabTo, barriers: () => barriersOf(page), close: () => context.close() };
}

const VISIBLE = ' (visible)';

/** Runs in the page; a string, because this project has no types of browsers. */
const FOCUSED = `(() => {
  const it = document.activeElement;
  const label = it.labels?.[0]?.firstChild?.textContent?.trim() || it.labels?.[0]?.textContent;
  const { outlineStyle, outlineWidth } = getComputedStyle(it);
  const name = (label || it.textContent || it.tagName).trim().replace(/\\s+/g, ' ');
  return name + (outlineStyle !== 'none' && outlineWidth !== '0px' ? '${VISIBLE}' : '');
})()`;

async function barriersOf(page: Page): Promise<readonly string[]> {
  // The style sheet must be loaded: without it targets are too small.
  await page.waitForLoadState('load');
  await page.evaluate(`${axe.source}; undefined`);
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const found = await page.evaluate(`axe.run({ runOnly: ${JSON.stringify(tags)} }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target + ': ' + failureSummary)))`);
  // The expression returns strings.
  return found as string[];
}
