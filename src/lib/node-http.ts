import type * as NodeHttp from 'node:http';

/**
 * `node:http`. An `import` of it would read all of its exports, three of which load undici, Node's fetch: 12 MB and
 * some 20 ms of each start.
 */
export const http: typeof NodeHttp = process.getBuiltinModule('node:http');
