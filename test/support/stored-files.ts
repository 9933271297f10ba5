import { buffer } from 'node:stream/consumers';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';

/** A bucket as somebody sees it who has nothing to do with the recorder. */
export class StoredFiles {
  readonly bucket: string;
  readonly #client: S3Client;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.bucket = bucket;
  }

  static async make(client: S3Client, bucket: string): Promise<StoredFiles> {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    return new StoredFiles(client, bucket);
  }

  /** In order. */
  async keys(): Promise<string[]> {
    const { Contents = [] } = await this.#client.send(new ListObjectsV2Command({ Bucket: this.bucket }));
    return Contents.flatMap(({ Key }) => Key ?? []).sort();
  }

  async bytes(key: string): Promise<Buffer> {
    const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
    return await buffer(Body as NodeJS.ReadableStream);
  }

  async contentType(key: string): Promise<string | undefined> {
    const { Body, ContentType } = await this.#client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
    await buffer(Body as NodeJS.ReadableStream);
    return ContentType;
  }

  /** Keys of uploads in parts that are neither completed nor given up. */
  async unfinished(): Promise<string[]> {
    const { Uploads = [] } = await this.#client.send(new ListMultipartUploadsCommand({ Bucket: this.bucket }));
    return Uploads.flatMap(({ Key }) => Key ?? []);
  }
}
