/** Closes what `build` has opened when it rejects, and rejects with the same error. */
export async function guard<Built>(build: (opened: (() => Promise<void>)[]) => Promise<Built>): Promise<Built> {
  const opened: (() => Promise<void>)[] = [];
  try {
    return await build(opened);
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

/** Closes every part, the last opened first, even if one fails; rejects afterwards with the first failure. */
export async function closeAll(opened: (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (let part = opened.pop(); part !== undefined; part = opened.pop()) {
    await part().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}
