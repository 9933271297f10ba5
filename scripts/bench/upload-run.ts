/**
 * One upload in a process of its own, so that its memory can be told: the uploader's, or that of Amazon's SDK as everybody uses
 * it. The argument is an `UploadRun` as JSON; prints an `UploadResult`.
 */
import { createReadStream } from 'node:fs';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { dirname, join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import pino from 'pino';
import type { StorageOrder, UploadJob } from '../../src/recording/storage.ts';
import { openStore } from '../../src/store/open-store.ts';
import { openSqliteSpool } from '../../src/upload/spool-sqlite.ts';
import { Uploader } from '../../src/upload/uploader.ts';
import { Vault } from '../../src/vault/vault.ts';

export type UploadRun =
  /** All that is in the folder of the job. */
  | { readonly by: 'tapehead'; readonly job: UploadJob }
  /** One file. */
  | { readonly by: 'sdk'; readonly file: string; readonly order: StorageOrder };

export interface UploadResult {
  readonly seconds: number;
  readonly maxRssMb: number;
}

const LIMIT_MS = 300_000;

async function runUploader(job: UploadJob): Promise<void> {
  const agents = { http: new Agent({ keepAlive: true }), https: new TlsAgent() };
  using spool = openSqliteSpool(join(dirname(job.folder), 'spool.sqlite'), new Vault(Buffer.alloc(32)), () => {});
  await using uploader = new Uploader({
    ...{ spool, backup: null, backupAfterMs: 0, log: pino({ level: 'silent' }), onEvent: () => {} },
    openStore: (order) => openStore(order, { agents }),
  });
  uploader.begin(job);
  uploader.finish(job.sid);
  const view = await uploader.settled(job.sid, LIMIT_MS);
  agents.http.destroy();
  if (view?.status !== 'uploaded') throw new Error(`not uploaded: ${JSON.stringify(view)}`);
}

async function runSdk(file: string, { endpoint, bucket, accessKey, secretKey }: StorageOrder): Promise<void> {
  const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
  const client = new S3Client({ endpoint: endpoint ?? '', region: 'us-east-1', forcePathStyle: true, credentials });
  const params = { Bucket: bucket, Key: 'sdk', Body: createReadStream(file) };
  await new Upload({ client, params }).done();
  client.destroy();
}

const run = JSON.parse(process.argv[2] ?? '') as UploadRun;
const beganMs = performance.now();
await (run.by === 'sdk' ? runSdk(run.file, run.order) : runUploader(run.job));
const result: UploadResult = {
  seconds: (performance.now() - beganMs) / 1000,
  maxRssMb: process.resourceUsage().maxRSS / 1024,
};
console.log(JSON.stringify(result));
