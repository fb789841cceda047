declare module 'cluster-key-slot' {
  /** CRC16 of a key, or of its hash tag, modulo 16384. */
  function slotOf(key: string): number;
  export = slotOf;
}
