import * as z from 'zod';

/** The problem with a secret that stands in the file. */
export const BY_REFERENCE = 'a secret must not be written inline: refer to it as { env: NAME } or { file: PATH }';

/** A reference to a secret. No message quotes the value: it may be the secret itself. */
export const secretSchema = z
  .strictObject(
    {
      env: z
        .string({ error: 'expected the name of an environment variable' })
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'expected the name of an environment variable' })
        .optional()
        .describe('Name of the environment variable that holds the secret'),
      file: z
        .string({ error: 'expected the path of a file' })
        .min(1, { error: 'expected the path of a file' })
        .optional()
        .describe('Path of the file that holds the secret; one trailing newline is removed'),
      encoding: z
        .enum(['utf8', 'base64url'], { error: 'expected utf8 or base64url' })
        .prefault('utf8')
        .describe('How the text encodes the bytes of the secret'),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? BY_REFERENCE : undefined) },
  )
  .meta({ oneOf: [{ required: ['env'] }, { required: ['file'] }] });

/** A reference to a secret, as written. */
export type SecretReference = z.output<typeof secretSchema>;
