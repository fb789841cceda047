/** Markup that is safe to send. Only {@link html} creates it. */
class SafeHtml {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Html = SafeHtml;

/** A value that a template accepts. `undefined` and `false` are left out. */
export type Piece = Html | string | number | false | undefined | readonly Piece[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Returns markup from a template. Each value is escaped, unless it is the result of a template. Values belong between tags
 * or in a quoted attribute, never in a script or a style; a value must not determine the scheme of a URL.
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
