/**
 * Returns the flags of a process that preload modules, as where Sallyport is a package: its threads need them too. Other
 * flags, such as `--input-type`, are not for a thread.
 */
export function preloads(flags: readonly string[]): string[] {
  return flags.flatMap((flag, index) => (flag === '--import' ? [flag, flags[index + 1] ?? ''] : []));
}
