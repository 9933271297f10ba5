import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { until } from '../../src/kit/deadline.ts';
import { Child } from '../../src/process/child.ts';
import { childEnvironment } from '../../src/process/environment.ts';
import { makeTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { librariesOf, libraryOf, programOf, unpackDebian } from './debian.ts';
import { freePort } from './free-port.ts';

const execute = promisify(execFile);

const BUCKET = 'recordings';
const START_MS = 60_000;

export interface CephUser {
  readonly accessKey: string;
  readonly secretKey: string;
}

/**
 * Ceph's RADOS gateway: a real S3 server on 127.0.0.1, with a monitor and one storage daemon that keeps everything in memory.
 * Needs about 200 MB, and what is stored in it; starts in six seconds, and in half a minute more when it has to be fetched.
 */
export class Ceph implements AsyncDisposable {
  /** `http://127.0.0.1:port`. */
  readonly endpoint: string;
  /** Exists, and is empty. */
  readonly bucket = BUCKET;
  readonly user: CephUser;
  /** For looking at what is stored by other means than those which are tested. */
  readonly client: S3Client;
  readonly #cluster: Cluster;

  private constructor(cluster: Cluster, user: CephUser) {
    this.#cluster = cluster;
    this.user = user;
    this.endpoint = cluster.endpoint;
    this.client = new S3Client({
      endpoint: this.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: user.accessKey, secretAccessKey: user.secretKey },
    });
  }

  static async start(): Promise<Ceph> {
    await using made = new AsyncDisposableStack();
    const cluster = made.use(await Cluster.start());
    const ceph = new Ceph(cluster, await cluster.addUser('owner'));
    await ceph.client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    made.move();
    return ceph;
  }

  /** A user who may do nothing with the bucket until a policy lets him. His ARN is `arn:aws:iam:::user/<name>`. */
  addUser(name: string): Promise<CephUser> {
    return this.#cluster.addUser(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.destroy();
    await this.#cluster[Symbol.asyncDispose]();
  }
}

class Cluster implements AsyncDisposable {
  readonly endpoint: string;
  readonly #debian: string;
  readonly #folder: TempFolder;
  readonly #daemons: Child[] = [];

  private constructor(debian: string, folder: TempFolder, port: number) {
    this.#debian = debian;
    this.#folder = folder;
    this.endpoint = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<Cluster> {
    const debian = await unpackDebian(['radosgw', 'ceph-mon', 'ceph-osd']);
    const port = await freePort();
    await using made = new AsyncDisposableStack();
    const cluster = made.use(new Cluster(debian, await makeTempFolder(), port));
    await cluster.#prepare(port);
    cluster.#daemon('ceph-mon', ['-i', 'a', '-f']);
    cluster.#daemon('ceph-osd', ['-i', '0', '-f']);
    const gateway = cluster.#daemon('radosgw', ['-n', 'client.rgw', '-f']);
    const ready = await until(START_MS, 50, async () => gateway.exit !== null || (await answers(cluster.endpoint)));
    if (!ready || gateway.exit) throw new Error(cluster.#daemons.map((daemon) => daemon.describeExit()).join('\n'));
    made.move();
    return cluster;
  }

  async addUser(name: string): Promise<CephUser> {
    const args = ['-n', 'client.rgw', 'user', 'create', `--uid=${name}`, `--display-name=${name}`];
    const { keys } = JSON.parse(await this.#run('radosgw-admin', args));
    return { accessKey: keys[0].access_key, secretKey: keys[0].secret_key };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#daemons.map((daemon) => daemon.close(0, () => daemon.signal('SIGKILL'))));
    await this.#folder[Symbol.asyncDispose]();
  }

  /**
   * Map and keys are there from the beginning, so nobody has to tell the monitor of them later: that takes the command `ceph`,
   * and Python with it.
   */
  async #prepare(port: number): Promise<void> {
    const monitor = await freePort();
    const fsid = randomUUID();
    await mkdir(this.#folder.file('mon'));
    await mkdir(this.#folder.file('osd'));
    await writeFile(this.#folder.file('ceph.conf'), configText(this.#debian, this.#folder.path, fsid, monitor, port));
    await this.#run('monmaptool', ['--create', '--fsid', fsid, '--addv', 'a', `[v2:127.0.0.1:${monitor}]`, 'monmap']);
    await this.#run('osdmaptool', ['--createsimple', '1', 'osdmap']);
    await this.#run('ceph-authtool', ['keyring', '--create-keyring', ...key('mon.', { mon: 'allow *' })]);
    await this.#run('ceph-authtool', ['keyring', ...key('osd.0', { mon: 'allow profile osd', osd: 'allow *' })]);
    await this.#run('ceph-authtool', ['keyring', ...key('client.rgw', { mon: 'allow rw', osd: 'allow rwx' })]);
    const maps = ['--monmap', 'monmap', '--osdmap', 'osdmap', '--keyring', 'keyring'];
    await this.#run('ceph-mon', ['--mkfs', '-i', 'a', ...maps]);
    await this.#run('ceph-osd', ['--mkfs', '-i', '0', '--no-mon-config']);
  }

  #daemon(name: string, args: readonly string[]): Child {
    const command = programOf(this.#debian, name);
    const daemon = new Child({ name, command, args, env: this.#env, identity: null, cwd: this.#folder.path });
    this.#daemons.push(daemon);
    return daemon;
  }

  async #run(name: string, args: readonly string[]): Promise<string> {
    const { stdout } = await execute(programOf(this.#debian, name), args, { env: this.#env, cwd: this.#folder.path });
    return stdout;
  }

  get #env(): Record<string, string> {
    const config = { CEPH_CONF: this.#folder.file('ceph.conf') };
    return childEnvironment(this.#folder.path, { ...librariesOf(this.#debian, 'ceph'), ...config });
  }
}

function key(name: string, caps: Readonly<Record<string, string>>): string[] {
  return ['--gen-key', '-n', name, ...Object.entries(caps).flatMap(([service, cap]) => ['--cap', service, cap])];
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

/** cephx stays on: without it the gateway never connects. */
function configText(debian: string, folder: string, fsid: string, monitor: number, port: number): string {
  return `
[global]
fsid = ${fsid}
mon host = v2:127.0.0.1:${monitor}/0
public addr = 127.0.0.1
keyring = ${folder}/keyring
run dir = ${folder}
admin socket =
log file =
pid file =
plugin dir = ${libraryOf(debian, 'ceph')}
osd class dir = ${libraryOf(debian, 'rados-classes')}
erasure code dir = ${libraryOf(debian, 'ceph/erasure-code')}
# One storage daemon is all there is.
mon allow pool size one = true
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
# Each pool that the gateway makes costs a round of these.
paxos propose interval = 0.02
paxos min wait = 0.01
[mon.a]
mon data = ${folder}/mon
[osd.0]
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 8589934592
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${port}
rgw thread pool size = 32
rgw crypt require ssl = false
rgw dynamic resharding = false
`;
}
