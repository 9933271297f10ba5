import type { ChannelPlan, LayoutPlan } from '../recording/channel.ts';
import type { Demand, PictureDemand } from '../recording/demand.ts';
import type { PicturePlan, RecordingMode, RecordingPlan, SoundPlan } from '../recording/plan.ts';
import type { RecordedFile, RecordingEnd, RecordingStatus } from '../recording/status.ts';
import type { StorageOrder, UploadView } from '../recording/storage.ts';
import type { SubscriptionLists } from './subscription.ts';

/** Who records what: the identity of a recording session. */
export interface Task {
  readonly appId: string;
  readonly cname: string;
  readonly uid: string;
}

export interface AcquireOrder extends Task {
  /** Hours for which calls are taken, counted from the start. */
  readonly resourceExpiredHour: number;
  /** Size of the recording to come. */
  readonly demand: Demand;
}

export interface StartOrder extends Task {
  readonly resourceId: string;
  /** With all defaults resolved. */
  readonly work: WebOrder | MixOrder;
}

interface FilesOrder {
  /** MP4 beside the slices. */
  readonly mp4: boolean;
  /** Where the files are to be stored; null: they stay on this machine. */
  readonly storage: StorageOrder | null;
  /** Sub folders of the files, and start of the names that are reported. */
  readonly prefix: readonly string[];
}

/** A recording of a web page. */
export interface WebOrder extends PictureDemand, FilesOrder {
  readonly mode: 'web';
  readonly url: string;
  readonly mobile: boolean;
  readonly readyTimeoutS: number;
  readonly bitrateKbps: number;
  /** Index into `AUDIO_PROFILES`. */
  readonly audioProfile: number;
  readonly onhold: boolean;
  readonly maxRecordingHour: number;
  /** Minutes after which a new MP4 is begun. */
  readonly maxVideoDurationMin: number;
  /** RTMP addresses to push to. */
  readonly pushes: readonly string[];
}

/** A recording of a channel's users, put together in one picture. */
export interface MixOrder extends FilesOrder {
  readonly mode: 'mix';
  /** Null: sound only. */
  readonly picture: PicturePlan | null;
  /** Null: picture only. */
  readonly sound: SoundPlan | null;
  readonly channel: Pick<ChannelPlan, 'token' | 'profile' | 'encryption' | 'lowStream' | 'maxIdleMs' | 'layout'>;
  readonly lists: SubscriptionLists;
}

/** Names a recording, as in the path of a call. */
export interface RecordingRef {
  readonly appId: string;
  readonly resourceId: string;
  readonly sid: string;
  readonly mode: RecordingMode;
}

/** A call that also tells cname and uid. */
export interface RecordingCall extends RecordingRef, Task {}

export interface Started {
  readonly sid: string;
  /** The same resourceId was started before; that recording goes on. */
  readonly already: boolean;
}

export interface RecordingView extends Task {
  readonly plan: RecordingPlan;
  readonly status: RecordingStatus;
  /** Null when the files stay on this machine. */
  readonly upload: UploadView | null;
  /** All files with the prefix in their names, from the first moment on. */
  readonly files: readonly RecordedFile[];
}

/** What is to change; what is left out stays as it is. */
export interface UpdateOrder {
  readonly onhold?: boolean | undefined;
  readonly pushes?: readonly string[] | undefined;
  readonly storage?: StorageOrder | undefined;
  readonly layout?: LayoutPlan | undefined;
  /** Replaces all lists that there were. */
  readonly lists?: SubscriptionLists | undefined;
}

/** What a stop answers. `end` is null when it did not wait for the end. */
export interface Stopped extends RecordingView {
  readonly end: RecordingEnd | null;
}
