import { maskUrl } from '../kit/mask-url.ts';
import type { RecordingEvent } from './link.ts';

/** An event for logs: addresses of pushes hold stream keys. */
export function redactEvent(event: RecordingEvent): RecordingEvent {
  return event.name === 'push_changed' ? { ...event, url: maskUrl(event.url) } : event;
}
