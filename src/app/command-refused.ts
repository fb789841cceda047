/** A command cannot do its work, for the reason that the message gives. Nothing was changed. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';
}
