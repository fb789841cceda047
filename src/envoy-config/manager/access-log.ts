import type { CheckContext } from '../context.ts';
import type { ConfigNode } from '../reading/config-node.ts';

/** How a log format names a header of the request, and after how many characters it ends. */
const OF_REQUEST = /%(?:REQ|REQUEST_HEADER)\(([^)]*)\)(?::(\d+))?%/gi;
/** So few characters of a credential, such as its scheme, may be known. */
const HARMLESS = 10;

/** Warns of access logs that hold a credential: their readers can send it again. */
export function checkAccessLog({ config, findings }: CheckContext, manager: ConfigNode): void {
  const places = config.routes.flatMap(({ credentialPlaces }) => credentialPlaces ?? []);
  const secret = new Set([
    'authorization',
    'proxy-authorization',
    ...places.flatMap(({ headers }) => headers.map(({ name }) => name)),
  ]);
  if (places.some(({ cookies }) => cookies.length > 0)) secret.add('cookie');
  for (const text of textsIn(manager.get('access_log'))) {
    const found = namesIn(text.text ?? '').find((name) => secret.has(name));
    if (found !== undefined)
      findings.warn(text, `the log holds ${found}, by which its readers can act as the caller: remove it`);
  }
}

/** `%REQ(X?Y):10%` writes X, or Y if that is absent. */
function namesIn(text: string): readonly string[] {
  const fields = [...text.matchAll(OF_REQUEST)].flatMap(([, names = '', most]) =>
    most !== undefined && Number(most) <= HARMLESS ? [] : names.split('?'),
  );
  // Loggers over gRPC name the headers without a format.
  return [text, ...fields].map((name) => name.trim().toLowerCase());
}

function* textsIn(node: ConfigNode | undefined): Iterable<ConfigNode> {
  if (node === undefined) return;
  if (node.text !== undefined) yield node;
  for (const [, member] of node.entries()) yield* textsIn(member);
  for (const item of node.items()) yield* textsIn(item);
}
