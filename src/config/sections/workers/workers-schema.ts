import * as z from 'zod';
import { MAX_WORKERS } from '../../config.ts';
import { expected } from '../../reading/shape.ts';

const WORKERS = `auto, or a whole number from 1 to ${MAX_WORKERS}`;

const FAULT = { error: expected(WORKERS) };

/** The schema of `workers`. */
export const workersSchema = z
  .union([z.literal('auto', FAULT), z.int(FAULT).min(1, FAULT).max(MAX_WORKERS, FAULT)], FAULT)
  .prefault(1)
  .describe(
    `How many processes serve listen.extAuthz, from 1 to ${MAX_WORKERS}; with 1, it is the process that serves the other listeners too. auto: one for each core that the process may use`,
  );
