import * as z from 'zod';
import { REQUIRED_BINDINGS } from '../../core/binding/binding.ts';
import { list } from '../../lib/wording.ts';
import { expected } from './shape.ts';

/** The schema of the kind of binding that tokens must have. */
export const boundSchema = z.enum(REQUIRED_BINDINGS, { error: expected(list(REQUIRED_BINDINGS, 'or')) });
