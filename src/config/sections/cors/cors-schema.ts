import * as z from 'zod';
import { METHOD } from '../../../core/method.ts';
import { quote } from '../../../lib/wording.ts';
import { distinct, expected, parsed, text } from '../../reading/shape.ts';
import { seconds } from '../../reading/times.ts';

const ORIGIN = /^(https?:\/\/)(\*\.)?([a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?$/;
const FIELD_NAME = /^[a-z0-9-]+$/;
const METHODS = text('a method such as PUT', (written) =>
  METHOD.test(written) ? undefined : `expected a method such as 'PUT', found ${quote(written)}`,
);
const ORIGINS = "'*' for every page, or a list of origins such as ['https://app.example.com']";

const headerName = text('the name of a header field', (written) =>
  FIELD_NAME.test(written)
    ? undefined
    : `expected a name of lower-case letters, digits and '-', found ${quote(written)}`,
);

/** The keys of `cors`, none of them required: a route names only what differs. */
const keys = {
  origins: z
    .union(
      [
        parsed(ORIGINS, (written) => (written === '*' ? ('*' as const) : undefined)).meta({ const: '*' }),
        distinct(text('an origin', originProblem), 'a list of origins'),
      ],
      {
        error: expected(ORIGINS),
      },
    )
    .optional()
    .describe("Origins of the pages, such as https://app.example.com or https://*.example.com; '*' for every page"),
  methods: distinct(METHODS, 'a list of methods')
    .optional()
    .describe('The methods that pages may use; by default, every method that has a route'),
  headers: distinct(headerName, 'a list of header fields')
    .optional()
    .describe('The header fields that pages may set; authorization and content-type by default'),
  exposeHeaders: distinct(headerName, 'a list of header fields')
    .optional()
    .describe('The response fields that scripts may read besides the usual ones; none by default'),
  credentials: z
    .boolean()
    .optional()
    .describe("Whether browsers send cookies along; false by default, and never with origins: '*'"),
  maxAge: seconds('0s', '24h')
    .optional()
    .describe('How long a browser may keep the answer to a preflight: up to 24h, 10m by default'),
  preflight: z
    .enum(['answer', 'pass'])
    .optional()
    .describe(
      'Whether Sallyport answers preflights, or passes them to the service without a credential; answer by default',
    ),
};

/** The schema of `cors`. */
export const corsSchema = z.strictObject(keys);

const IN_ROUTE = 'false, or a map with origins, methods, headers, exposeHeaders, credentials, maxAge and preflight';

/** The schema of `cors` in a route. */
export const routeCorsSchema = z.union(
  [
    z
      .boolean()
      .refine((on) => !on, { error: expected(IN_ROUTE) })
      .transform((): false => false)
      .meta({ const: false }),
    corsSchema,
  ],
  { error: expected(IN_ROUTE) },
);

/** `cors` as written, at the top or in a route. */
export type WrittenCors = z.output<typeof corsSchema>;

/** The parts of an origin; `undefined` if it is none. */
export function parseOrigin(
  origin: string,
): { readonly scheme: string; readonly isBelow: boolean; readonly host: string; readonly port: string } | undefined {
  const [, scheme, below, host, port] = ORIGIN.exec(origin) ?? [];
  if (scheme === undefined || host === undefined) return undefined;
  return { scheme, isBelow: below !== undefined, host, port: port === undefined ? '' : `:${port}` };
}

function originProblem(written: string): string | undefined {
  const origin = parseOrigin(written);
  if (origin !== undefined) {
    const isDefault = origin.port === (origin.scheme === 'https://' ? ':443' : ':80');
    return isDefault
      ? `browsers leave out ${quote(origin.port)}: write ${quote(written.slice(0, -origin.port.length))}`
      : undefined;
  }
  if (written === '*') return "write origins: '*', not as a list";
  if (written === 'null') return "'null' is the origin of any sandboxed page and of files: it cannot be allowed";
  if (/^https?:\/\/[^/]+\/$/.test(written)) return `an origin has no path: write ${quote(written.slice(0, -1))}`;
  return `expected an origin such as 'https://app.example.com', in lower case and without a path, found ${quote(written)}`;
}
