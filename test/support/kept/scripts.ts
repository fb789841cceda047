import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KEPT_LUA } from './keeping.ts';

/** Changed copies of `kept.lua`. Too long for the command line of Envoy, they lie in a folder of their own. */
export class ChangedScripts {
  private readonly folder = mkdtempSync(join(tmpdir(), 'sallyport-kept-lua-'));
  private count = 0;

  /** Writes a copy and returns its path. Each change must find its place. */
  write(...changes: readonly (readonly [from: string, to: string])[]): string {
    let text = readFileSync(KEPT_LUA, 'utf8');
    for (const [from, to] of changes) {
      if (text.split(from).length !== 2) throw new Error(`kept.lua does not have this once: ${from}`);
      text = text.replace(from, () => to);
    }
    return this.add(text);
  }

  /** Writes other code. */
  add(text: string): string {
    const file = join(this.folder, `${this.count++}.lua`);
    writeFileSync(file, text);
    return file;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** Reads both clocks from the fields `x-boot` and `x-wall` of requests, in milliseconds. They stay until the next such request. */
export const CLOCKS_FROM_FIELDS: readonly (readonly [string, string])[] = [
  ['    return read() and read\n', '    return function() return bootMs, wallMs end\n'],
  [
    'function envoy_on_request(handle)\n',
    'bootMs, wallMs = 0, 0\n' +
      'function envoy_on_request(handle)\n' +
      '  bootMs = tonumber(handle:headers():get("x-boot") or bootMs)\n' +
      '  wallMs = tonumber(handle:headers():get("x-wall") or wallMs)\n',
  ],
];
