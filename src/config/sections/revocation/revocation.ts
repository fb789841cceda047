import { spanOf } from '../../../lib/time-format.ts';
import type { Config } from '../../config.ts';
import type { Draft } from '../../reading/draft.ts';
import { fileSchema } from '../file-schema.ts';

/** Reads `revocation`. Refuses durations that contradict each other. */
export function readRevocation(draft: Draft): Config['revocation'] | undefined {
  const written = draft.read(['revocation'], fileSchema.shape.revocation);
  if (written === undefined) return undefined;
  const { maxStaleness: maxStalenessMs, keep: keepMs, onOutage } = written;
  const allowKnownForMs = onOutage === 'deny' ? undefined : onOutage.allowKnownFor;
  if (allowKnownForMs !== undefined && allowKnownForMs <= maxStalenessMs) {
    draft.refuse(['revocation', 'onOutage', 'allowKnownFor'], 'must be longer than revocation.maxStaleness');
  }
  if (keepMs > maxStalenessMs) {
    const most = `must be at most revocation.maxStaleness, which is ${spanOf(maxStalenessMs)}`;
    draft.refuse(['revocation', 'keep'], most);
  }
  return { maxStalenessMs, keepMs, allowKnownForMs };
}

/** Refuses `keep` where no listener answers callers that could keep an answer. */
export function refuseKeepWithoutListener(
  draft: Draft,
  revocation: Config['revocation'] | undefined,
  listen: Config['listen'] | undefined,
): void {
  if (revocation === undefined || revocation.keepMs === 0 || listen === undefined) return;
  if (listen.extAuthz !== undefined || listen.verify !== undefined || listen.access !== undefined) return;
  draft.refuse(
    ['revocation', 'keep'],
    'has no effect: no listener answers callers that could keep an answer; expected listen.extAuthz, verify or access, or no such key',
  );
}
