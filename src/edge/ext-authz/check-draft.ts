import type { AccessRequest } from '../../core/request.ts';
import type { McpReading } from '../../core/resource/mcp-message.ts';
import type { ShownHeaders } from '../../core/upstream/upstream-headers.ts';
import type { HeaderField } from '../mcp-message.ts';
import { readMcpMessage } from '../mcp-message.ts';
import { WantedFields } from '../wanted-fields.ts';
import type { HeaderName } from './header-name.ts';
import { ALL_PSEUDO } from './header-name.ts';

const NO_FIELDS: HeaderField[] = [];
const NO_NAMES: string[] = [];
const ALL_SHOWN: ShownHeaders = { complete: true, disguised: NO_NAMES };

/**
 * The most header fields of a check that is read. Gateways refuse far fewer (Envoy: 100, unless `max_headers_count` says
 * otherwise); each costs a microsecond if its name is new.
 */
export const MOST_FIELDS = 1_000;

/** What a check says besides its header fields. */
export type Target = Pick<AccessRequest, 'method' | 'host' | 'path' | 'client' | 'certificate'>;

/** A request, and what the gateway shows of its header fields. */
export interface DraftedCheck {
  readonly request: AccessRequest;
  readonly shown: ShownHeaders;
}

/** What the header fields of a check say, gathered field by field, whatever the check is read from. */
export class CheckDraft {
  authorization: string | undefined;
  requestId: string | undefined;
  traceparent: string | undefined;
  forwardedFor: string | undefined;
  fromBrowser = false;
  private mcp = NO_FIELDS;
  /** Those that describe the body. */
  body = NO_FIELDS;
  private disguised = NO_NAMES;
  private wanted: WantedFields | undefined;
  private pseudo = 0;
  private readonly wantedFields: ReadonlySet<string> | undefined;

  constructor(wantedFields: ReadonlySet<string> | undefined) {
    this.wantedFields = wantedFields;
  }

  /**
   * Takes a header field.
   *
   * @param value is not read for the roles `none`, `pseudo`, `browser` and `disguised` unless the field is wanted.
   * @param form see {@link WantedFields.add}.
   */
  take({ key, name, role, pseudo, isWanted }: HeaderName, value: string, form: 'bytes' | 'text'): void {
    if (isWanted) this.takeWanted(name, value, form);
    switch (role) {
      case 'none':
        break;
      case 'pseudo':
        this.pseudo |= pseudo;
        break;
      case 'authorization':
        this.authorization = joined(this.authorization, value);
        break;
      case 'browser':
        this.fromBrowser = true;
        break;
      case 'forwarded for':
        this.forwardedFor = joined(this.forwardedFor, value);
        break;
      case 'request id':
        this.requestId = joined(this.requestId, value);
        break;
      case 'traceparent':
        this.traceparent = joined(this.traceparent, value);
        break;
      case 'mcp':
        this.mcp = added(this.mcp, [name, value]);
        break;
      case 'body':
        this.body = added(this.body, [name, value]);
        break;
      case 'disguised':
        this.disguised = added(this.disguised, key);
        break;
    }
  }

  /**
   * Returns the request with these fields.
   *
   * @param callTraceparent `traceparent` of the gRPC call, which is a gateway's own word. It goes before the header, which
   *   a gateway passes on as the client sent it.
   * @param bodyMessage what the gateway read in the body.
   */
  complete(target: Target, callTraceparent: string | undefined, bodyMessage: McpReading | undefined): DraftedCheck {
    const { method, host, path, client, certificate } = target;
    const complete = this.pseudo === ALL_PSEUDO;
    const shown = complete && this.disguised.length === 0 ? ALL_SHOWN : { complete, disguised: this.disguised };
    const request: AccessRequest = {
      door: 'ext-authz',
      method,
      host,
      path,
      authorization: this.authorization,
      fromBrowser: this.fromBrowser,
      client,
      certificate,
      requestId: this.requestId,
      traceparent: callTraceparent ?? this.traceparent,
      fields: this.wanted?.found,
      hidesFields: complete ? undefined : true,
      mcp: readMcpMessage(this.mcp, shown, bodyMessage),
    };
    return { request, shown };
  }

  private takeWanted(name: string, value: string, form: 'bytes' | 'text'): void {
    this.wanted ??= new WantedFields(this.wantedFields);
    this.wanted.add(name, value, form);
  }
}

/** Adds to a list, or to another one if it is still the empty one that all checks share. */
function added<Item>(list: Item[], item: Item): Item[] {
  if (list.length === 0) return [item];
  list.push(item);
  return list;
}

/** Several fields, joined as in HTTP (RFC 9110, section 5.3). */
function joined(former: string | undefined, value: string): string {
  return former === undefined ? value : `${former},${value}`;
}

/** The check of a message that was too long to be read; it is denied. */
export function tooLong(traceparent: string | undefined): DraftedCheck {
  const { request, shown } = new CheckDraft(undefined).complete(
    { method: '', host: '', path: '', client: undefined, certificate: undefined },
    traceparent,
    undefined,
  );
  return { request: { ...request, flaw: 'check too long' }, shown };
}
