import type { Options } from '../command.ts';

/** What every command takes. */
export const COMMON = {
  config: { type: 'string', placeholder: 'FILE', help: 'the configuration file; by default sallyport.yaml' },
  json: { type: 'boolean', help: 'print JSON, for programs' },
  help: { type: 'boolean', help: 'print this help' },
} as const satisfies Options;
