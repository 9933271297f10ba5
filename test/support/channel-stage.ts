import { type MixOrder, MixRecording } from './mix.ts';
import { Publishers } from './publishers.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { Service } from './service.ts';
import { makeTempFolder } from './temp-folder.ts';

/** Where a test of a channel plays: a service, people who publish into one of its channels, and somebody who is told of it. */
export interface ChannelStage extends AsyncDisposable {
  readonly service: Service;
  readonly publishers: Publishers;
  /** Of the callbacks. */
  readonly receiver: Receiver;
  /** acquire and start, for the channel of the publishers. */
  record(order?: MixOrder): Promise<MixRecording>;
  /** More people for the channel, in a Chromium of their own; the caller's to dispose of. */
  openPublishers(): Promise<Publishers>;
}

const CNAME = 'channel one';

export async function openChannelStage(): Promise<ChannelStage> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await makeTempFolder());
  const receiver = stack.use(await startReceiver());
  const callbacks = { demo: { url: receiver.url, secret: receiver.secret } };
  const service = stack.use(await Service.start(folder.path, { TAPEHEAD_CALLBACKS: JSON.stringify(callbacks) }));
  const openPublishers = () => Publishers.open(service.origin, CNAME);
  const publishers = stack.use(await openPublishers());
  const owned = stack.move();
  return {
    service,
    publishers,
    receiver,
    record: (order) => MixRecording.start(service, CNAME, order),
    openPublishers,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
