import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { answerTo, type FieldError, messageFor } from '../../core/answer.ts';
import type { Deny } from '../../core/decision.ts';
import { deniedCode } from '../grpc/grpc-codes.ts';
import { errorEncoders } from './definition.ts';
import type { StatusMessage } from './messages.ts';

const DOMAIN = 'sallyport';
const DETAILS_KEY = 'grpc-status-details-bin';

/** Makes the errors of calls, with details that programs can read (google.rpc.Status). */
export class CallErrors {
  private readonly encoders: ReturnType<typeof errorEncoders>;

  constructor(loaded: PackageDefinition) {
    this.encoders = errorEncoders(loaded);
  }

  /** The call, or its caller, was denied; the reason is one of contract section 2. */
  denied(denial: Deny): StatusMessage {
    const { retryAfterSeconds } = answerTo(denial);
    const details = [this.detail('ErrorInfo', { reason: denial.reason, domain: DOMAIN, metadata: factsOf(denial) })];
    if (retryAfterSeconds !== undefined) {
      details.push(this.detail('RetryInfo', { retry_delay: { seconds: retryAfterSeconds, nanos: 0 } }));
    }
    return { code: deniedCode(denial.reason), message: messageFor(denial), details };
  }

  /** The request is wrong. */
  invalid(problems: readonly FieldError[]): StatusMessage {
    const violations = problems.map(({ field, message }) => ({ field, description: message }));
    const message = problems.map((problem) => `${problem.field}: ${problem.message}`).join('; ');
    const details = [
      this.detail('ErrorInfo', { reason: 'invalid_argument', domain: DOMAIN, metadata: {} }),
      this.detail('BadRequest', { field_violations: violations }),
    ];
    return { code: status.INVALID_ARGUMENT, message, details };
  }

  /** A bug; the client learns nothing of it. */
  internal(): StatusMessage {
    return { code: status.INTERNAL, message: 'internal error', details: [] };
  }

  /** Returns the error as grpc-js sends it. */
  toStatus(error: StatusMessage): Partial<StatusObject> {
    const metadata = new Metadata();
    metadata.set(DETAILS_KEY, Buffer.from(this.encoders.Status(error)));
    return { code: error.code, details: error.message, metadata };
  }

  private detail(name: 'ErrorInfo' | 'RetryInfo' | 'BadRequest', value: object): StatusMessage['details'][number] {
    return { type_url: `type.googleapis.com/google.rpc.${name}`, value: this.encoders[name](value) };
  }
}

/** The scope that the call needs, for a caller that lacks it. */
function factsOf({ reason, route }: Deny): Readonly<Record<string, string>> {
  const requirement = route?.requirement;
  if (reason !== 'scope_required' || requirement === undefined || !('scopes' in requirement)) return {};
  return { scope: requirement.scopes.join(' ') };
}
