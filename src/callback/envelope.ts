import type { RecordingMode } from '../recording/plan.ts';
import type { UtcMs } from '../types.ts';
import type { Content, Message } from './outbox.ts';

/** Number of Cloud Recording among the products that send messages of this form. */
const PRODUCT_ID = 3;
const SCENES: Readonly<Record<RecordingMode, string>> = { web: 'web_record', mix: 'mix_record' };

/**
 * The body of a message: compact JSON in the order of the original, since some receivers check the signature over what they
 * parsed and serialised again. Only `notifyMs` differs from one attempt to the next.
 */
export function buildEnvelope(message: Message, content: Content, notifyMs: UtcMs): string {
  const { noticeId, eventType, sid, sequence, eventMs } = message;
  const { cname, uid, mode, serviceType, details } = content;
  return JSON.stringify({
    noticeId,
    productId: PRODUCT_ID,
    eventType,
    notifyMs,
    sid,
    payload: {
      cname,
      uid,
      sid,
      sequence,
      sendts: eventMs,
      serviceType,
      serviceScene: SCENES[mode],
      details,
    },
  });
}
