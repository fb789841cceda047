import { CheckDraft, MOST_FIELDS, tooLong } from '../check-draft.ts';
import type { DecodedCheck, MalformedCheck, PartReaders } from '../decode.ts';
import type { CheckTerms, HeaderRole } from '../header-name.ts';
import { FieldCursor } from './field-cursor.ts';
import { HeaderEntry } from './header-entry.ts';
import { type KnownName, NameCache } from './name-cache.ts';
import { OVER_LIMIT } from './over-limit.ts';
import { TextCache } from './text-cache.ts';
import { textOf, UnreadParts } from './unread-parts.ts';

const MALFORMED: MalformedCheck = { outcome: 'malformed' };
/** The fields that are read of `CheckRequest` and of the messages in it, by their numbers. */
const ATTRIBUTES = 1;
const SOURCE = 1;
const REQUEST = 4;
const METADATA = 11;
const HTTP = 2;
const METHOD = 2;
const HEADERS = 3;
const PATH = 4;
const HOST = 5;
const HEADER_MAP = 13;
const HEADER_VALUES = 1;

/** Whether a field with this role counts by its name alone. */
const IS_BARE: Readonly<Record<HeaderRole, boolean>> = {
  none: true,
  pseudo: true,
  browser: true,
  disguised: true,
  authorization: false,
  'forwarded for': false,
  'request id': false,
  traceparent: false,
  mcp: false,
  body: false,
};

const NOWHERE = -1;
const NO_BYTES = Buffer.alloc(0);

/**
 * Reads `CheckRequest` where it lies. It makes no string of a header field that means nothing to a decision, and leaves the
 * client's address and certificate for later.
 *
 * It refuses what another parser could read differently: a field that occurs twice but is not repeated, a key of a map
 * that occurs twice or follows its value, a field of another type, groups, and lengths that do not fit. It skips unknown
 * fields. Bytes that are no UTF-8 are read as the proto loader reads them (U+FFFD), because clients can send them and a
 * refusal is a gRPC error, with which Envoy's `failure_mode_allow` lets the request pass.
 */
export class CheckReader {
  private readonly readers: PartReaders;
  private readonly outer = new FieldCursor();
  private readonly http = new FieldCursor();
  private readonly list = new FieldCursor();
  private readonly entry = new HeaderEntry();
  private readonly texts = new TextCache();
  private terms: CheckTerms = { isDisguised: () => true };
  private names = new NameCache(this.terms);
  /** The number of the current message. */
  private serial = 0;
  private bytes: Buffer = NO_BYTES;
  private draft = new CheckDraft(undefined);
  private unread = new UnreadParts(NO_BYTES);
  private from = NOWHERE;
  private to = NOWHERE;
  private metadataFrom = NOWHERE;
  private metadataTo = NOWHERE;
  private method = '';
  private host = '';
  private path = '';
  private isRaw = false;
  /** Header fields that were read so far, of the map or of the list. */
  private fields = 0;
  /** Keys of the current map, of which the cache does not know that they came. */
  private keys = new Set<string>();

  constructor(readers: PartReaders) {
    this.readers = readers;
  }

  /** @param callTraceparent see `CheckService`. */
  read(message: Buffer, terms: CheckTerms, callTraceparent: string | undefined): DecodedCheck | MalformedCheck {
    if (message === OVER_LIMIT) return { outcome: 'decoded', ...tooLong(callTraceparent) };
    this.begin(message, terms);
    const isRead =
      this.locate(0, message.length, ATTRIBUTES) &&
      this.readAttributes(this.from, this.to) &&
      this.locate(this.from, this.to, HTTP) &&
      this.readHttp(this.from, this.to);
    if (this.fields > MOST_FIELDS) return { outcome: 'decoded', ...tooLong(callTraceparent) };
    return isRead ? this.finish(callTraceparent) : MALFORMED;
  }

  private begin(message: Buffer, terms: CheckTerms): void {
    if (terms !== this.terms) {
      this.terms = terms;
      this.names = new NameCache(terms);
    }
    this.serial += 1;
    this.names.begin(message, this.serial);
    this.bytes = message;
    this.unread = new UnreadParts(message);
    this.metadataFrom = NOWHERE;
    this.method = '';
    this.host = '';
    this.path = '';
    this.beginHeaders(false);
  }

  private beginHeaders(isRaw: boolean): void {
    this.isRaw = isRaw;
    this.draft = new CheckDraft(this.terms.wantedFields);
    this.unread.forgetForwardedFor();
    this.fields = 0;
    if (this.keys.size > 0) this.keys = new Set();
  }

  private finish(callTraceparent: string | undefined): DecodedCheck {
    const { unread, draft, readers, method, host, path } = this;
    const client = () => readers.readClient?.(unread.source, draft.forwardedFor ?? unread.forwardedFor);
    const certificate = unread.hasSource ? () => unread.source && readers.readCertificate?.(unread.source) : undefined;
    const { request, shown } = draft.complete(
      { method, host, path, client, certificate },
      callTraceparent,
      this.hasMetadata() ? this.readMetadata() : undefined,
    );
    return { outcome: 'decoded', request, shown, unread };
  }

  private hasMetadata(): boolean {
    return this.metadataFrom !== NOWHERE && this.metadataTo > this.metadataFrom;
  }

  private readMetadata() {
    return this.readers.readMetadata?.(this.bytes.subarray(this.metadataFrom, this.metadataTo), this.draft.body);
  }

  /** Finds the one field with this number; an empty message if it is absent. Returns false if it must be refused. */
  private locate(from: number, to: number, field: number): boolean {
    const cursor = this.outer;
    cursor.enter(this.bytes, from, to);
    this.from = NOWHERE;
    this.to = NOWHERE;
    while (cursor.next()) {
      if (cursor.field !== field) continue;
      if (!cursor.isBytes || this.from !== NOWHERE) return false;
      this.from = cursor.from;
      this.to = cursor.to;
    }
    return !cursor.isBroken;
  }

  /** Leaves the place of the request. */
  private readAttributes(from: number, to: number): boolean {
    const cursor = this.outer;
    cursor.enter(this.bytes, from, to);
    this.from = NOWHERE;
    this.to = NOWHERE;
    let seen = 0;
    while (cursor.next()) {
      const { field } = cursor;
      if (field !== SOURCE && field !== REQUEST && field !== METADATA) continue;
      if (!cursor.isBytes || (seen & (1 << field)) !== 0) return false;
      seen |= 1 << field;
      if (field === REQUEST) {
        this.from = cursor.from;
        this.to = cursor.to;
      } else if (field === SOURCE) {
        this.unread.noteSource(cursor.from, cursor.to);
      } else {
        this.metadataFrom = cursor.from;
        this.metadataTo = cursor.to;
      }
    }
    return !cursor.isBroken;
  }

  private readHttp(from: number, to: number): boolean {
    const cursor = this.http;
    cursor.enter(this.bytes, from, to);
    let seen = 0;
    while (cursor.next()) {
      const { field } = cursor;
      if (field === HEADERS) {
        if (!cursor.isBytes || !this.readHeader(cursor.from, cursor.to)) return false;
        continue;
      }
      if (field !== METHOD && field !== PATH && field !== HOST && field !== HEADER_MAP) continue;
      if (!cursor.isBytes || (seen & (1 << field)) !== 0) return false;
      seen |= 1 << field;
      if (field === PATH) this.path = textOf(this.bytes, cursor.from, cursor.to, 'text');
      else if (field === METHOD) this.method = this.texts.find(this.bytes, cursor.from, cursor.to);
      else if (field === HOST) this.host = this.texts.find(this.bytes, cursor.from, cursor.to);
      else if (!this.readHeaderMap(cursor.from, cursor.to)) return false;
    }
    return !cursor.isBroken;
  }

  /** Reads an entry of the map of strings. The list of bytes goes before it. */
  private readHeader(from: number, to: number): boolean {
    const { entry } = this;
    if (!entry.read(this.bytes, from, to)) return false;
    if (this.isRaw) return true;
    if (++this.fields > MOST_FIELDS) return false;
    const name = this.names.find(this.bytes, entry.keyFrom, entry.keyTo);
    if (name.role === 'none' && !name.isWanted) return true;
    if (this.isRepeated(name)) return false;
    this.take(name, entry.valueFrom, entry.valueTo, 'text', 'text');
    return true;
  }

  private readHeaderMap(from: number, to: number): boolean {
    const { list, entry } = this;
    list.enter(this.bytes, from, to);
    while (list.next()) {
      if (list.field !== HEADER_VALUES) continue;
      if (!list.isBytes || !entry.read(this.bytes, list.from, list.to)) return false;
      if (!this.isRaw) this.beginHeaders(true);
      if (++this.fields > MOST_FIELDS) return false;
      const name = this.names.find(this.bytes, entry.keyFrom, entry.keyTo);
      if (name.role === 'none' && !name.isWanted) continue;
      if (entry.rawTo > entry.rawFrom) this.take(name, entry.rawFrom, entry.rawTo, 'bytes', 'bytes');
      else this.take(name, entry.valueFrom, entry.valueTo, 'text', 'bytes');
    }
    return !list.isBroken;
  }

  /** @param coding how the value is read. @param form how it is kept: see `WantedFields`. */
  private take(name: KnownName, from: number, to: number, coding: 'bytes' | 'text', form: 'bytes' | 'text'): void {
    const { draft, unread } = this;
    const { role, isWanted } = name;
    if (!isWanted && IS_BARE[role]) {
      draft.take(name, '', form);
      return;
    }
    if (role === 'body' && !isWanted && !this.hasMetadata()) return;
    if (
      role === 'forwarded for' &&
      !isWanted &&
      draft.forwardedFor === undefined &&
      unread.forwardedFor === undefined
    ) {
      unread.noteForwardedFor(from, to, coding);
      return;
    }
    if (name.role === 'forwarded for') draft.forwardedFor ??= unread.forwardedFor;
    draft.take(name, textOf(this.bytes, from, to, coding), form);
  }

  /** Whether a key of the map came before in this message. */
  private isRepeated(name: KnownName): boolean {
    if (name.isCached && name.role !== 'disguised') {
      if (name.keyIn === this.serial) return true;
      name.keyIn = this.serial;
      return false;
    }
    // Two keys of different bytes may become one string.
    if (this.keys.has(name.key)) return true;
    this.keys.add(name.key);
    return false;
  }
}
