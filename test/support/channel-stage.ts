import { until } from '../../src/kit/deadline.ts';
import { type MixOrder, MixRecording } from './mix.ts';
import { type Person, Publishers } from './publishers.ts';
import { startReceiver } from './receiver.ts';
import { Service } from './service.ts';
import { makeTempFolder } from './temp-folder.ts';

/** Where a test of a channel plays: a service that tells somebody of its recordings, and people who
 * publish into one of its channels. */
export interface ChannelStage extends AsyncDisposable {
  readonly service: Service;
  readonly publishers: Publishers;
  /** acquire and start, for the channel of the publishers. */
  record(order?: MixOrder): Promise<MixRecording>;
  /** `details` of the callbacks of one type, in order. */
  told(eventType: number): Details[];
  /** Times, UTC ms, at which a stream of somebody came into a recording (state 0), or went (state 1), as callbacks tell them. */
  changes(person: Person, kind: 'audio' | 'video', state: 0 | 1): number[];
  /** Waits until the picture, or the sound, of each of them has come into a recording for the `times`th time. */
  recorded(people: readonly Person[], kind?: 'audio' | 'video', times?: number): Promise<void>;
  /** More people for the channel, in a Chromium of their own; the caller's to dispose of. */
  openPublishers(): Promise<Publishers>;
}

// biome-ignore lint/suspicious/noExplicitAny: tests read messages as a receiver would, member by member
type Details = any;

const CNAME = 'channel one';
const RECORDED_MS = 40_000;
const STREAM_EVENTS = { audio: 43, video: 44 };

export async function openChannelStage(): Promise<ChannelStage> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await makeTempFolder());
  const receiver = stack.use(await startReceiver());
  const callbacks = { demo: { url: receiver.url, secret: receiver.secret } };
  const service = stack.use(await Service.start(folder.path, { TAPEHEAD_CALLBACKS: JSON.stringify(callbacks) }));
  const openPublishers = () => Publishers.open(service.origin, CNAME);
  const publishers = stack.use(await openPublishers());
  const told = (eventType: number): Details[] =>
    receiver.accepted.filter(({ body }) => body.eventType === eventType).map(({ body }) => body.payload.details);
  const changes = ({ uid }: Person, kind: 'audio' | 'video', state: 0 | 1): number[] =>
    told(STREAM_EVENTS[kind])
      .filter((details) => details.streamUid === uid && details.state === state)
      .map(({ utcMs }) => utcMs);
  const owned = stack.move();
  return {
    service,
    publishers,
    record: (order) => MixRecording.start(service, CNAME, order),
    told,
    changes,
    async recorded(people, kind = 'video', times = 1) {
      const missing = () => people.filter((person) => changes(person, kind, 0).length < times).map(({ uid }) => uid);
      if (!(await until(RECORDED_MS, 50, () => missing().length === 0))) {
        throw new Error(`the ${kind} of ${missing().join(', ')} did not come into the recording`);
      }
    },
    openPublishers,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
