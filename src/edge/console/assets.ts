import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { HOME } from './route.ts';

const TYPES = {
  'console.css': 'text/css; charset=utf-8',
  'console.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const;

export function assetPath(name: keyof typeof TYPES): string {
  return `${HOME}/assets/${name}`;
}

/** Serves the assets of the pages. Browsers revalidate them each time, so that a new page never uses an old asset. */
export async function serveAssets(server: FastifyInstance): Promise<void> {
  const names = Object.keys(TYPES) as (keyof typeof TYPES)[];
  for (const name of names) {
    const content = await readFile(new URL(`assets/${name}`, import.meta.url));
    const etag = `"${createHash('sha256').update(content).digest('base64url')}"`;
    server.get(assetPath(name), async (request, reply) => {
      reply.header('cache-control', 'no-cache').header('etag', etag);
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      return reply.type(TYPES[name]).send(content);
    });
  }
}
