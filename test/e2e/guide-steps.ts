/** Commands of a page, and what the page shows that they print. */
interface Step {
  readonly commands: string;
  readonly output: string;
}

/** Returns the commands of "Try it", and the output that the page shows below each. */
export function stepsOf(page: string): Step[] {
  const [, section = ''] = page.split(/^## (?:Try it|Clean up)\n/m);
  const blocks = Array.from(section.matchAll(/```(\w*)\n([^]*?)```/g), ([, language, text = '']) => ({
    language,
    text,
  }));
  return blocks.flatMap(({ language, text }, index) => {
    const next = blocks[index + 1];
    return language === 'sh' ? [{ commands: text.trim(), output: next?.language === '' ? next.text : '' }] : [];
  });
}

/** Whether a command printed what the page shows; … there stands for anything. */
export function matches(printed: string, shown: string): boolean {
  const pattern = shown
    .split('…')
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .join('.+');
  return new RegExp(`^${pattern}$`).test(printed);
}
