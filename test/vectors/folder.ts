import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BESIDE = fileURLToPath(new URL('../../../shared/vectors', import.meta.url));

/** The folder of other projects' vectors; this project keeps no copy. */
const FOLDER = process.env['SALLYPORT_VECTORS'] ?? BESIDE;

/** Part of a suite's name, so that a skipped suite says what it needs. */
export const NEEDS = 'needs ../shared/vectors or SALLYPORT_VECTORS';

export function hasVectors(path: string): boolean {
  return existsSync(`${FOLDER}/${path}`);
}

/** Reads the JSON of a vector file, whose source documents its shape. */
export function readVectors<Shape>(path: string): Shape {
  return JSON.parse(readFileSync(`${FOLDER}/${path}`, 'utf8')) as Shape;
}
