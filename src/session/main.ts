import { messageOf } from '../errors.ts';
import type { FromSession, RecordingEvent, ToSession } from '../recording/link.ts';
import type { Site } from '../recording/shape.ts';
import type { RecordingEnd, RecordingStatus } from '../recording/status.ts';
import { Session } from './session.ts';
import { WarmStage } from './warm-stage.ts';

/** The process of one recording: gets its plan from the process that started it, tells it what happens, ends. */
let session: Session | null = null;
/** Opened before there is a recording. */
let warm: WarmStage | null = null;

function tell(message: FromSession): void {
  // Whoever started us may be gone; the recording is finished all the same.
  if (process.connected) process.send?.(message, () => {});
}

async function obey(id: number, order: () => void | Promise<void>): Promise<void> {
  const error = await Promise.try(order).then(() => null, messageOf);
  tell({ type: 'done', id, error });
}

function onMessage(message: ToSession): void {
  const running = session;
  if (message.type === 'warm') {
    warmUp(message.site);
  } else if (message.type === 'start') {
    const reports = {
      onStatus: (status: RecordingStatus) => tell({ type: 'status', status }),
      onEvent: (event: RecordingEvent) => tell({ type: 'event', event }),
    };
    session = new Session(message.plan, message.resume, reports, warm);
    void session.run().then(leave);
  } else if (message.type === 'stop') {
    stop('requested', 'the recording was stopped');
  } else if (running && message.type === 'hold') {
    void obey(message.id, () => running.hold(message.onhold));
  } else if (running && message.type === 'push') {
    void obey(message.id, () => running.push(message.urls));
  } else if (running && message.type === 'layout') {
    void obey(message.id, () => running.channel.layout(message.layout));
  } else if (running && message.type === 'subscribe') {
    void obey(message.id, () => running.channel.subscribe(message.subscription));
  }
}

function stop(reason: 'requested' | 'session_lost', detail: string): void {
  if (session) session.stop({ reason, detail, atMs: Date.now() });
  else if (warm) void warm[Symbol.asyncDispose]();
  else process.exit(0);
}

/** A process that has lost its stage is no better than a fresh one, unless a recording has come meanwhile. */
function warmUp(site: Site): void {
  const stage = new WarmStage(site);
  warm = stage;
  void stage.opened.then((stands) => {
    if (stands) tell({ type: 'warmed' });
  });
  void stage.fallen.then((why) => {
    if (session) return;
    console.error(why);
    process.exit(0);
  });
}

function leave(end: RecordingEnd): void {
  if (!process.connected) process.exit(0);
  process.send?.({ type: 'ended', end } satisfies FromSession, () => process.exit(0));
}

process.on('message', onMessage);
process.on('disconnect', () => stop('session_lost', 'the service that ran this recording ended'));
process.on('SIGTERM', () => stop('requested', 'the recording was stopped by a signal'));
process.on('SIGINT', () => stop('requested', 'the recording was stopped by a signal'));
