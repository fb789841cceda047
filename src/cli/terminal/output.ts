import type { Writable } from 'node:stream';

/** Of a process that a closed pipe ended, as shells count: 128 and the number of SIGPIPE. */
export const EXIT_PIPE_CLOSED = 141;

/** An output takes nothing more. {@link finish} reports it if an operator needs to know. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
  /** Whether its reader has closed it, as `head` does. That is no failure. */
  readonly isClosed: boolean;

  constructor(cause: NodeJS.ErrnoException) {
    super(cause.message, { cause });
    this.isClosed = cause.code === 'EPIPE';
  }
}

/**
 * Standard output or standard error of a command. Takes every write and buffers what the reader has not taken yet. After
 * the first failure it drops everything, so that a command whose reader has gone still finishes its work.
 */
export class Output {
  private readonly stream: Writable;
  private last: Promise<void> = Promise.resolve();
  private error: NodeJS.ErrnoException | undefined;

  constructor(stream: Writable) {
    this.stream = stream;
    stream.on('error', (error) => {
      this.error ??= error;
    });
  }

  write(text: string): void {
    if (this.error !== undefined || text === '') return;
    this.last = new Promise((resolve) => this.stream.write(text, () => resolve()));
  }

  /**
   * Resolves once the reader has taken all that was written, however long that takes.
   * Rejects with {@link OutputError} where the output fails, and where the reader has gone.
   */
  async taken(): Promise<void> {
    await this.last;
    if (this.error !== undefined) throw new OutputError(this.error);
  }
}

/** Waits until both outputs are taken; resolves to the exit code of a command that ended with `code`. */
export async function finish(code: number, out: Output, err: Output): Promise<number> {
  const failure = await failureOf(out);
  if (failure !== undefined) err.write(`sallyport: cannot write to standard output: ${failure.message}\n`);
  const isWhole = failure === undefined && (await failureOf(err)) === undefined;
  return code === 0 && !isWhole ? 1 : code;
}

/** `undefined` where all was taken, and where the reader has gone. */
async function failureOf(output: Output): Promise<OutputError | undefined> {
  try {
    await output.taken();
    return undefined;
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
    return error.isClosed ? undefined : error;
  }
}
