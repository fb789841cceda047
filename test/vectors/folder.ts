import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BESIDE = fileURLToPath(new URL('../../../shared/vectors', import.meta.url));

/** Where vectors by others lie; the project keeps no copy. */
const FOLDER = process.env['SALLYPORT_VECTORS'] ?? BESIDE;

/** What a suite's name says, so that one that was skipped tells what it needs. */
export const NEEDS = 'needs ../shared/vectors or SALLYPORT_VECTORS';

export function hasVectors(path: string): boolean {
  return existsSync(`${FOLDER}/${path}`);
}

/** A vector file's JSON, of the shape that its source describes. */
export function readVectors<Shape>(path: string): Shape {
  return JSON.parse(readFileSync(`${FOLDER}/${path}`, 'utf8')) as Shape;
}
