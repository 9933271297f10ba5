import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../../src/kit/deadline.ts';
import type { Answer, Service } from './service.ts';

const BASE = '/v1/apps/demo/cloud_recording';
/** Small and cheap, and with frames close enough for times to be read from them. */
const TRANSCODING = { width: 640, height: 360, fps: 15, bitrate: 800, mixedVideoLayout: 1 };
const BEGIN_MS = 40_000;

type Json = Readonly<Record<string, unknown>>;

export interface MixOrder {
  /** Of the recorder. */
  readonly uid?: string;
  /** Members of `recordingConfig` besides the usual ones. */
  readonly config?: Json;
  /** Members of `transcodingConfig` besides the usual ones. */
  readonly canvas?: Json;
  /** Members of `clientRequest` besides the usual ones. */
  readonly more?: Json;
}

/** A composite recording, driven over HTTP as a client does it. */
export class MixRecording {
  readonly sid: string;
  readonly folder: string;
  readonly #service: Service;
  readonly #task: Readonly<Record<'cname' | 'uid', string>>;
  readonly #resource: string;

  private constructor(
    service: Service,
    task: Readonly<Record<'cname' | 'uid', string>>,
    resource: string,
    sid: string,
  ) {
    this.#service = service;
    this.#task = task;
    this.#resource = resource;
    this.sid = sid;
    this.folder = join(service.data, 'recordings', sid);
  }

  /** acquire and start; returns as soon as the service has answered. */
  static async start(service: Service, cname: string, order: MixOrder = {}): Promise<MixRecording> {
    const task = { cname, uid: order.uid ?? '527841' };
    const acquired = await service.call('POST', `${BASE}/acquire`, { ...task, clientRequest: { scene: 0 } });
    const resource = `${BASE}/resourceid/${acquired.body.resourceId}`;
    const clientRequest = {
      recordingConfig: {
        ...{ channelType: 0, streamTypes: 2, maxIdleTime: 120 },
        transcodingConfig: { ...TRANSCODING, ...order.canvas },
        ...order.config,
      },
      recordingFileConfig: { avFileType: ['hls', 'mp4'] },
      ...order.more,
    };
    const started = await service.call('POST', `${resource}/mode/mix/start`, { ...task, clientRequest });
    if (started.status !== 200) throw new Error(`start answered ${started.status} ${JSON.stringify(started.body)}`);
    return new MixRecording(service, task, resource, started.body.sid);
  }

  query(): Promise<Answer> {
    return this.#service.call('GET', `${this.#resource}/sid/${this.sid}/mode/mix/query`);
  }

  update(clientRequest: Json): Promise<Answer> {
    return this.#post('update', clientRequest);
  }

  updateLayout(clientRequest: Json): Promise<Answer> {
    return this.#post('updateLayout', clientRequest);
  }

  /** Polls until it records. */
  async begun(): Promise<void> {
    const begun = await until(BEGIN_MS, 100, async () => {
      const { status, body } = await this.query();
      if (status === 404) throw new Error(`the recording is over: ${JSON.stringify(body)}`);
      return [4, 5].includes(body.serverResponse?.status);
    });
    if (!begun) throw new Error(`the recording does not begin: ${JSON.stringify((await this.query()).body)}`);
  }

  /** Uids of those who are in the channel, in the order in which they came. */
  async users(): Promise<string[]> {
    const { body } = await this.query();
    return body.serverResponse.channel.users.map(({ uid }: { uid: string }) => uid);
  }

  /** Stops it. @returns wall time of its first frame as the service tells it, UTC ms. */
  async stop(): Promise<number> {
    const { status, body } = await this.#post('stop', {});
    if (status !== 200) throw new Error(`stop answered ${status} ${JSON.stringify(body)}`);
    return body.serverResponse.fileList[0].sliceStartTime;
  }

  /** Path of the one file with this ending. */
  async file(ending: string): Promise<string> {
    const found = (await readdir(this.folder)).filter((name) => name.endsWith(ending));
    if (found.length !== 1) throw new Error(`expected one *${ending}, found ${found.join(', ') || 'none'}`);
    return join(this.folder, found[0] as string);
  }

  #post(call: string, clientRequest: Json): Promise<Answer> {
    const path = `${this.#resource}/sid/${this.sid}/mode/mix/${call}`;
    return this.#service.call('POST', path, { ...this.#task, clientRequest });
  }
}
