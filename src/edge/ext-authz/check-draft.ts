import type { AccessRequest } from '../../core/request.ts';
import type { McpReading } from '../../core/resource/mcp-message.ts';
import type { ShownHeaders } from '../../core/upstream/upstream-headers.ts';
import type { HeaderField } from '../mcp-message.ts';
import { readMcpMessage } from '../mcp-message.ts';
import { WantedFields } from '../wanted-fields.ts';
import type { HeaderName } from './header-name.ts';
import { ALL_PSEUDO } from './header-name.ts';

const NO_FIELDS: readonly HeaderField[] = [];
const NO_NAMES: readonly string[] = [];
const ALL_SHOWN: ShownHeaders = { complete: true, disguised: NO_NAMES };

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
  mcp = NO_FIELDS;
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
        this.mcp = [...this.mcp, [name, value]];
        break;
      case 'body':
        this.body = [...this.body, [name, value]];
        break;
      case 'disguised':
        this.disguised = [...this.disguised, key];
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

/** Several fields, joined as in HTTP (RFC 9110, section 5.3). */
function joined(former: string | undefined, value: string): string {
  return former === undefined ? value : `${former},${value}`;
}
