import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openSqliteOutbox } from '../../src/callback/outbox-sqlite.ts';
import { openKeyFile } from '../../src/vault/key-file.ts';
import { Vault } from '../../src/vault/vault.ts';
import { type Count, countPageFrames } from '../../test/probe/counting.ts';
import { collectFrames } from '../../test/probe/frames.ts';
import { type Receiver, startReceiver } from '../../test/support/receiver.ts';
import { type Bench, SIZE } from './bench-run.ts';
import { recordByService, startService } from './service.ts';

const QUEUED = 200;
const SECONDS = 60;
const FPS = 30;
/** Just below what the service waits for an answer. */
const ANSWER_MS = 9_000;

/** What it costs a recording when many callbacks wait for a receiver that takes its time. */
export async function measureCallbacks(bench: Bench): Promise<void> {
  const { report } = bench;
  await using receiver = await startReceiver();
  receiver.answer({ status: 200, afterMs: ANSWER_MS });
  const without = await recordWhileQueued(bench, receiver, 0);
  // Those of the recording itself are received in both runs.
  const before = receiver.received.length;
  const queued = await recordWhileQueued(bench, receiver, QUEUED);
  const sent = receiver.received.length - before;
  if (sent <= before) throw new Error(`none of the ${QUEUED} callbacks was sent while the recording ran`);
  if (sent >= QUEUED) throw new Error('the callbacks were all delivered before the recording ended');
  report.show('callbacks', `callbacks sent during the recording, of ${QUEUED} queued`, sent);
  report.show('callbacks', 'page frames lost without', without.lost);
  report.atMost('callbacks', `page frames lost with ${QUEUED} callbacks queued`, queued.lost, without.lost);
  report.show('callbacks', 'frames repeated without', without.repeated);
  report.show('callbacks', `frames repeated with ${QUEUED} callbacks queued`, queued.repeated);
}

async function recordWhileQueued(bench: Bench, { url, secret }: Receiver, count: number): Promise<Count> {
  await using service = await startService(bench.workshop, {
    env: { TAPEHEAD_CALLBACKS: JSON.stringify({ '*': { url, secret } }) },
    prepare: (data) => queue(data, count),
  });
  const job = { url: bench.pages.url('animated'), seconds: SECONDS, ...SIZE, fps: FPS };
  const { file } = await recordByService(service, job);
  return countPageFrames(await collectFrames(file));
}

/** Messages of as many recordings, as a service leaves them behind whose receiver was away. */
function queue(data: string, count: number): void {
  using outbox = openSqliteOutbox(join(data, 'outbox.sqlite'), new Vault(openKeyFile(join(data, 'vault.key'))));
  for (let i = 0; i < count; i += 1) {
    outbox.add({
      subject: { appId: 'bench', mode: 'web', cname: `room ${i}`, uid: '1', sid: randomBytes(16).toString('hex') },
      notice: { eventType: 33, serviceType: 2, details: { msgName: 'uploading_progress', progress: 5000 } },
      eventMs: Date.now(),
      noticeId: randomBytes(16).toString('hex'),
    });
  }
}
