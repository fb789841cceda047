import * as z from 'zod';
import { quote } from '../../../lib/wording.ts';
import { distinct, expected, text } from '../../reading/shape.ts';
import { patternProblem } from '../patterns.ts';
import { hostProblem } from '../routes/route-schema.ts';

const ENTRY = "a path such as 'routes.d/*.yaml', or a map with files, paths, hosts and scopes";
const SCOPES = /^[a-z][a-z0-9_-]*:(?:\*|[a-z][a-z0-9_-]*)$/;

const files = text("a path such as 'routes.d/*.yaml'", globProblem).describe(
  'Files of routes, relative to this file; * and ? match within one name. They are read in the order of their names',
);

/** The schema of one entry of `include`. */
export const includeEntrySchema = z.union(
  [
    files,
    z.strictObject({
      files,
      paths: distinct(text('a path such as /v1/messages', prefixProblem), 'a list of paths')
        .optional()
        .describe('The routes of these files must have one of these paths, or a path below one; every path by default'),
      hosts: distinct(text('a host name', hostProblem), 'a list of host names')
        .optional()
        .describe('The routes of these files must list hosts, and only these; *.name permits every name below it'),
      scopes: distinct(text("a scope, or 'messages:*'", scopesProblem), 'a list of scopes')
        .optional()
        .describe(
          'These files may define only these scopes; messages:* permits all that begin so; every scope by default',
        ),
    }),
  ],
  { error: expected(ENTRY) },
);

/** An entry of `include`, as written. */
export type WrittenInclude = z.output<typeof includeEntrySchema>;

function globProblem(glob: string): string | undefined {
  if (glob.includes('**')) return "'**' is not supported: write one * for each folder";
  if (/[[\]{}\\\p{Cc}]/u.test(glob)) return 'only * and ? are supported in the name of a file';
  return glob.endsWith('/') ? `${quote(glob)} is a folder: write ${quote(`${glob}*.yaml`)}` : undefined;
}

function prefixProblem(path: string): string | undefined {
  const problem = patternProblem(path);
  if (problem !== undefined) return problem;
  if (path.endsWith('**')) return "leave '/**' out: a path permits everything below it";
  return path.endsWith('/') ? "write the path without '/' at its end: it permits everything below it" : undefined;
}

function scopesProblem(scope: string): string | undefined {
  return SCOPES.test(scope)
    ? undefined
    : expected("a scope such as 'messages:send', or 'messages:*'")({ input: scope });
}
