/** Markup that is safe to send as it is. Only {@link html} makes it. */
class SafeHtml {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Html = SafeHtml;

/** What may stand in a template; nothing, `undefined` and `false` are left out. */
export type Piece = Html | string | number | false | undefined | readonly Piece[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Markup from a template: what is written in it stands, and every value is text, unless a template made it. Values
 * belong between tags or within a quoted attribute, and never into a script, a style or an address of their own choice.
 */
export function html(template: TemplateStringsArray, ...values: readonly Piece[]): Html {
  const parts = template.map((literal, index) => literal + (index < values.length ? render(values[index]) : ''));
  return new SafeHtml(parts.join(''));
}

function render(piece: Piece): string {
  if (piece === undefined || piece === false) return '';
  if (piece instanceof SafeHtml) return piece.text;
  if (typeof piece === 'number') return String(piece);
  if (typeof piece === 'string') return piece.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
  return piece.map(render).join('');
}
