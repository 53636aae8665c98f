import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type * as Sdk from '@aws-sdk/client-s3';
import type * as Multipart from '@aws-sdk/lib-storage';
import type {
  EngineErrorKind,
  ObjectInfo,
  Objects,
  ObjectSettings,
} from '../../../src/farm/engine/engine.ts';
import { EngineError } from './engine-error.ts';

/** Bytes of one part of a large object. S3 allows 10,000 parts, so objects may have 640 GB. */
const partBytes = 64 * 2 ** 20;

/** Opens S3-compatible storage. Without keys, those of the machine are used, as the AWS SDK finds them. */
export function openObjects(settings: ObjectSettings): Objects {
  // It would print that later versions need a newer Node. The versions that this package takes do not.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  return new S3Objects(settings);
}

/** The SDK, which takes a third of a second to load. Only who uses S3 waits for it. */
interface Loaded {
  readonly sdk: typeof Sdk;
  readonly client: Sdk.S3Client;
}

async function load(settings: ObjectSettings): Promise<Loaded> {
  const sdk = await import('@aws-sdk/client-s3');
  return { sdk, client: clientOf(sdk, settings) };
}

function clientOf({ S3Client }: typeof Sdk, settings: ObjectSettings): Sdk.S3Client {
  const { endpoint, region, accessKeyId, secretAccessKey, pathStyle } = settings;
  return new S3Client({
    region: region ?? process.env['AWS_REGION'] ?? 'us-east-1',
    ...(endpoint !== undefined && { endpoint }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey } }),
    forcePathStyle: pathStyle ?? endpoint !== undefined,
    // Many S3-compatible servers do not know the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

class S3Objects implements Objects {
  private readonly settings: ObjectSettings;
  private loading: Promise<Loaded> | undefined;

  constructor(settings: ObjectSettings) {
    this.settings = settings;
  }

  async head(bucket: string, key: string): Promise<ObjectInfo | undefined> {
    const { sdk, client } = await this.load();
    try {
      const found = await client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: key }));
      return {
        key,
        bytes: found.ContentLength ?? 0,
        etag: found.ETag ?? '',
        metadata: found.Metadata ?? {},
      };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw explain(error, `s3://${bucket}/${key}`);
    }
  }

  async list(bucket: string, prefix: string): Promise<Omit<ObjectInfo, 'metadata'>[]> {
    const { sdk, client } = await this.load();
    const found: Omit<ObjectInfo, 'metadata'>[] = [];
    try {
      const pages = sdk.paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix });
      for await (const { Contents = [] } of pages)
        for (const { Key = '', Size = 0, ETag = '' } of Contents)
          found.push({ key: Key, bytes: Size, etag: ETag });
    } catch (error) {
      throw explain(error, `s3://${bucket}/${prefix}`);
    }
    return found;
  }

  async readText(bucket: string, key: string): Promise<string | undefined> {
    const { sdk, client } = await this.load();
    try {
      const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key: key }));
      return (await Body?.transformToString()) ?? '';
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw explain(error, `s3://${bucket}/${key}`);
    }
  }

  async writeText(bucket: string, key: string, text: string): Promise<void> {
    const { sdk, client } = await this.load();
    try {
      await client.send(new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body: text }));
    } catch (error) {
      throw explain(error, `s3://${bucket}/${key}`);
    }
  }

  async download(
    { bucket, key, etag }: { readonly bucket: string; readonly key: string; readonly etag?: string },
    path: string,
  ): Promise<void> {
    const { sdk, client } = await this.load();
    try {
      const { Body } = await client.send(
        new sdk.GetObjectCommand({ Bucket: bucket, Key: key, ...(etag !== undefined && { IfMatch: etag }) }),
      );
      if (!(Body instanceof Readable)) throw new TypeError('the answer has no body');
      await pipeline(Body, createWriteStream(path, { flags: 'wx' }));
    } catch (error) {
      throw explain(error, `s3://${bucket}/${key}`);
    }
  }

  async upload(
    path: string,
    {
      bucket,
      key,
      metadata,
      isNew,
    }: {
      readonly bucket: string;
      readonly key: string;
      readonly metadata?: Readonly<Record<string, string>>;
      readonly isNew?: boolean;
    },
  ): Promise<void> {
    const { client } = await this.load();
    const { Upload }: typeof Multipart = await import('@aws-sdk/lib-storage');
    try {
      const upload = new Upload({
        client,
        partSize: partBytes,
        queueSize: 2,
        params: {
          Bucket: bucket,
          Key: key,
          Body: createReadStream(path),
          ...(metadata !== undefined && { Metadata: { ...metadata } }),
          ...(isNew === true && { IfNoneMatch: '*' }),
        },
      });
      await upload.done();
    } catch (error) {
      throw explain(error, `s3://${bucket}/${key}`);
    }
  }

  async remove(bucket: string, key: string): Promise<void> {
    const { sdk, client } = await this.load();
    try {
      await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key }));
    } catch (error) {
      throw explain(error, `s3://${bucket}/${key}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    (await this.loading?.catch(() => undefined))?.client.destroy();
  }

  private load(): Promise<Loaded> {
    this.loading ??= load(this.settings);
    return this.loading;
  }
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

const kinds: Readonly<Record<number, EngineErrorKind>> = {
  401: 'password',
  403: 'password',
  404: 'no object',
  409: 'exists',
  412: 'changed',
};

/** Which fault an answer means. A refused condition of an upload (`isNew`) is `changed`, too: the caller knows which. */
function explain(error: unknown, what: string): EngineError {
  const { name, message } = error as Error;
  const kind = name === 'NoSuchBucket' ? 'no bucket' : (kinds[statusOf(error) ?? 0] ?? 'unreachable');
  return new EngineError(kind, `${what}: ${name}: ${message.split('\n')[0] ?? ''}`, error);
}
