/**
 * The vendors of cloud storage by the numbers of the API, with every region number that it has ever had. No store was reached
 * from here: the hosts are those of the vendors' documents and of public clients.
 */
export interface Vendor {
  /** For people. */
  readonly name: string;
  /** The vendor's own names of its regions, by number; null when the number says nothing and any is taken. */
  readonly regions: readonly (string | null)[] | null;
  /** How it is spoken to in S3's way; null when it is not. */
  readonly s3: S3Dialect | null;
}

interface S3Dialect {
  /** Host of a region; null when the order names it. */
  readonly host: ((region: string) => string) | null;
  /** Region that requests are signed for, where it is not the region's own name. */
  readonly signed?: (region: string) => string;
  /** `host/bucket/key`, else `bucket.host/key`. */
  readonly pathStyle: boolean;
  /** Takes `x-amz-tagging`. */
  readonly tags: boolean;
  /** Takes `x-amz-server-side-encryption`. */
  readonly encryption: boolean;
  /** Is the S3 that the SDK is made for: others refuse its checksums, and the operation's name in the query. */
  readonly genuine: boolean;
}

/** Where the requests of an S3 client go, and what may be in them. */
export interface S3Place extends Pick<S3Dialect, 'pathStyle' | 'tags' | 'encryption' | 'genuine'> {
  /** URL without a slash at its end. */
  readonly endpoint: string;
  /** Region that requests are signed for. */
  readonly region: string;
}

export const AZURE = 5;
export const OWN_ENDPOINT = 11;

const DEFAULT_REGION = 'us-east-1';

const COMPATIBLE = { pathStyle: false, tags: false, encryption: false, genuine: false };

const KINGSOFT_HOSTS: Readonly<Record<string, string>> = {
  HANGZHOU: 'kss.ksyun.com',
  SHANGHAI: 'ks3-cn-shanghai.ksyuncs.com',
  QINGDAO: 'ks3-cn-qingdao.ksyuncs.com',
  BEIJING: 'ks3-cn-beijing.ksyuncs.com',
  GUANGZHOU: 'ks3-cn-guangzhou.ksyuncs.com',
  HONGKONG: 'ks3-cn-hk-1.ksyuncs.com',
  JR_BEIJING: 'ks3-jr-beijing.ksyuncs.com',
  JR_SHANGHAI: 'ks3-jr-shanghai.ksyuncs.com',
  RUSSIA: 'ks3-rus.ksyuncs.com',
  SINGAPORE: 'ks3-sgp.ksyuncs.com',
};

export const VENDORS: ReadonlyMap<number, Vendor> = new Map<number, Vendor>([
  [
    0,
    {
      name: 'Qiniu',
      regions: ['cn-east-1', 'cn-north-1', 'cn-south-1', 'us-north-1', 'ap-southeast-1'],
      s3: { ...COMPATIBLE, host: (region) => `s3-${region}.qiniucs.com`, pathStyle: true },
    },
  ],
  [
    1,
    {
      name: 'Amazon S3',
      // biome-ignore format: ten to a line, to be found by number
      regions: [
        'us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'eu-west-1', 'eu-west-2', 'eu-west-3', 'eu-central-1', 'ap-southeast-1', 'ap-southeast-2',
        'ap-northeast-1', 'ap-northeast-2', 'sa-east-1', 'ca-central-1', 'ap-south-1', 'cn-north-1', 'cn-northwest-1', 'us-gov-west-1', 'af-south-1', 'ap-east-1',
        'ap-northeast-3', 'eu-north-1', 'me-south-1', 'us-gov-east-1', 'ap-southeast-3', 'eu-south-1', null, null, 'il-central-1',
      ],
      s3: {
        host: (region) => `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`,
        pathStyle: false,
        tags: true,
        encryption: true,
        genuine: true,
      },
    },
  ],
  [
    2,
    {
      name: 'Alibaba Cloud',
      // 18 is EU_East_1 in the API, which Alibaba never had: in its own list me-east-1 stands in this place. 26 and 27 are
      // misprints there of ap-northeast-2 and ap-southeast-7.
      // biome-ignore format: ten to a line, to be found by number
      regions: [
        'cn-hangzhou', 'cn-shanghai', 'cn-qingdao', 'cn-beijing', 'cn-zhangjiakou', 'cn-huhehaote', 'cn-shenzhen', 'cn-hongkong', 'us-west-1', 'us-east-1',
        'ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3', 'ap-southeast-5', 'ap-northeast-1', 'ap-south-1', 'eu-central-1', 'eu-west-1', 'me-east-1', 'ap-southeast-6',
        'cn-heyuan', 'cn-guangzhou', 'cn-chengdu', 'cn-nanjing', 'cn-fuzhou', 'cn-wulanchabu', 'ap-northeast-2', 'ap-southeast-7',
      ],
      s3: { ...COMPATIBLE, host: (region) => `s3.oss-${region}.aliyuncs.com`, tags: true },
    },
  ],
  [
    3,
    {
      name: 'Tencent Cloud',
      // biome-ignore format: ten to a line, to be found by number
      regions: [
        'ap-beijing-1', 'ap-beijing', 'ap-shanghai', 'ap-guangzhou', 'ap-chengdu', 'ap-chongqing', 'ap-shenzhen-fsi', 'ap-shanghai-fsi', 'ap-beijing-fsi', 'ap-hongkong',
        'ap-singapore', 'ap-mumbai', 'ap-seoul', 'ap-bangkok', 'ap-tokyo', 'na-siliconvalley', 'na-ashburn', 'na-toronto', 'eu-frankfurt', 'eu-moscow',
      ],
      s3: { ...COMPATIBLE, host: (region) => `cos.${region}.myqcloud.com` },
    },
  ],
  [
    4,
    {
      name: 'Kingsoft Cloud',
      regions: Object.keys(KINGSOFT_HOSTS),
      s3: { ...COMPATIBLE, host: (region) => KINGSOFT_HOSTS[region] ?? '' },
    },
  ],
  [AZURE, { name: 'Microsoft Azure', regions: null, s3: null }],
  [
    6,
    {
      name: 'Google Cloud',
      regions: null,
      s3: { ...COMPATIBLE, host: () => 'storage.googleapis.com', signed: () => 'auto', pathStyle: true },
    },
  ],
  [
    7,
    {
      name: 'Huawei Cloud',
      // biome-ignore format: ten to a line, to be found by number
      regions: [
        'cn-north-1', 'cn-north-4', 'cn-east-2', 'cn-east-3', 'cn-south-1', 'cn-southwest-2', 'ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3', 'af-south-1',
        'sa-argentina-1', 'sa-peru-1', 'na-mexico-1', 'sa-brazil-1', 'la-south-2', 'sa-chile-1',
      ],
      s3: { ...COMPATIBLE, host: (region) => `obs.${region}.myhuaweicloud.com` },
    },
  ],
  [
    8,
    {
      name: 'Baidu Cloud',
      regions: ['bj', 'bd', 'su', 'gz', 'hkg', 'sin', 'fwh', 'fsh'],
      s3: { ...COMPATIBLE, host: (region) => `s3.${region}.bcebos.com` },
    },
  ],
  [
    OWN_ENDPOINT,
    {
      name: 'an S3-compatible store',
      regions: null,
      s3: { ...COMPATIBLE, host: null, pathStyle: true, tags: true, encryption: true },
    },
  ],
]);

/** Region numbers that a vendor takes; null when it takes any. */
export function regionNumbers(vendor: number): number[] | null {
  const regions = VENDORS.get(vendor)?.regions ?? null;
  return regions && [...regions.keys()].filter((number) => regions[number] !== null);
}

/**
 * Where a vendor that speaks S3 is found. @param endpoint of vendor 11
 * @returns null when there is no such vendor, region or endpoint, or it does not speak S3
 */
export function s3Place(vendor: number, region: number, endpoint: string | null): S3Place | null {
  const { s3 = null, regions = null } = VENDORS.get(vendor) ?? {};
  if (s3 === null) return null;
  const { pathStyle, tags, encryption, genuine } = s3;
  const may = { pathStyle, tags, encryption, genuine };
  if (s3.host === null) {
    const url = endpoint === null ? null : parseEndpoint(endpoint);
    return url === null ? null : { ...may, endpoint: url, region: regionOfHost(new URL(url).hostname) };
  }
  const name = regions === null ? DEFAULT_REGION : regions[region];
  if (!name) return null;
  return { ...may, endpoint: `https://${s3.host(name)}`, region: s3.signed?.(name) ?? name };
}

/** @returns URL of an account's blobs; null when account or endpoint are none. @param endpoint stands in for Azure's own */
export function azureEndpoint(account: string, endpoint: string | null): string | null {
  if (endpoint !== null) return parseEndpoint(endpoint);
  return /^[a-z0-9]{3,24}$/.test(account) ? `https://${account}.blob.core.windows.net` : null;
}

/**
 * A host with or without scheme (https), port and path, as a URL without a slash at its end. @returns null when it is no such
 * thing, or holds what does not belong there: user, query, fragment.
 */
export function parseEndpoint(text: string): string | null {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return null;
  if (/[?#@\\\s]/.test(text)) return null;
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/**
 * Many stores sign for the region that their host names: `s3.eu-central-1.wasabisys.com`. Those that know no regions sign for
 * S3's first one, or do not look at it.
 */
function regionOfHost(host: string): string {
  return /^s3[.-]([a-z]+(?:-[a-z0-9]+)+)\.[^.]+\.[^.]+/.exec(host)?.[1] ?? DEFAULT_REGION;
}
