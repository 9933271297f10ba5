import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { azureEndpoint, parseEndpoint, regionNumbers, s3Place, VENDORS } from '../../../src/store/vendors.ts';

/** Host and signing region by vendor and region number, written out: what a user's bucket depends on. */
const PLACES: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  0: {
    0: 's3-cn-east-1.qiniucs.com cn-east-1',
    1: 's3-cn-north-1.qiniucs.com cn-north-1',
    2: 's3-cn-south-1.qiniucs.com cn-south-1',
    3: 's3-us-north-1.qiniucs.com us-north-1',
    4: 's3-ap-southeast-1.qiniucs.com ap-southeast-1',
  },
  1: {
    0: 's3.us-east-1.amazonaws.com us-east-1',
    1: 's3.us-east-2.amazonaws.com us-east-2',
    2: 's3.us-west-1.amazonaws.com us-west-1',
    3: 's3.us-west-2.amazonaws.com us-west-2',
    4: 's3.eu-west-1.amazonaws.com eu-west-1',
    5: 's3.eu-west-2.amazonaws.com eu-west-2',
    6: 's3.eu-west-3.amazonaws.com eu-west-3',
    7: 's3.eu-central-1.amazonaws.com eu-central-1',
    8: 's3.ap-southeast-1.amazonaws.com ap-southeast-1',
    9: 's3.ap-southeast-2.amazonaws.com ap-southeast-2',
    10: 's3.ap-northeast-1.amazonaws.com ap-northeast-1',
    11: 's3.ap-northeast-2.amazonaws.com ap-northeast-2',
    12: 's3.sa-east-1.amazonaws.com sa-east-1',
    13: 's3.ca-central-1.amazonaws.com ca-central-1',
    14: 's3.ap-south-1.amazonaws.com ap-south-1',
    15: 's3.cn-north-1.amazonaws.com.cn cn-north-1',
    16: 's3.cn-northwest-1.amazonaws.com.cn cn-northwest-1',
    17: 's3.us-gov-west-1.amazonaws.com us-gov-west-1',
    18: 's3.af-south-1.amazonaws.com af-south-1',
    19: 's3.ap-east-1.amazonaws.com ap-east-1',
    20: 's3.ap-northeast-3.amazonaws.com ap-northeast-3',
    21: 's3.eu-north-1.amazonaws.com eu-north-1',
    22: 's3.me-south-1.amazonaws.com me-south-1',
    23: 's3.us-gov-east-1.amazonaws.com us-gov-east-1',
    24: 's3.ap-southeast-3.amazonaws.com ap-southeast-3',
    25: 's3.eu-south-1.amazonaws.com eu-south-1',
    28: 's3.il-central-1.amazonaws.com il-central-1',
  },
  2: {
    0: 's3.oss-cn-hangzhou.aliyuncs.com cn-hangzhou',
    1: 's3.oss-cn-shanghai.aliyuncs.com cn-shanghai',
    2: 's3.oss-cn-qingdao.aliyuncs.com cn-qingdao',
    3: 's3.oss-cn-beijing.aliyuncs.com cn-beijing',
    4: 's3.oss-cn-zhangjiakou.aliyuncs.com cn-zhangjiakou',
    5: 's3.oss-cn-huhehaote.aliyuncs.com cn-huhehaote',
    6: 's3.oss-cn-shenzhen.aliyuncs.com cn-shenzhen',
    7: 's3.oss-cn-hongkong.aliyuncs.com cn-hongkong',
    8: 's3.oss-us-west-1.aliyuncs.com us-west-1',
    9: 's3.oss-us-east-1.aliyuncs.com us-east-1',
    10: 's3.oss-ap-southeast-1.aliyuncs.com ap-southeast-1',
    11: 's3.oss-ap-southeast-2.aliyuncs.com ap-southeast-2',
    12: 's3.oss-ap-southeast-3.aliyuncs.com ap-southeast-3',
    13: 's3.oss-ap-southeast-5.aliyuncs.com ap-southeast-5',
    14: 's3.oss-ap-northeast-1.aliyuncs.com ap-northeast-1',
    15: 's3.oss-ap-south-1.aliyuncs.com ap-south-1',
    16: 's3.oss-eu-central-1.aliyuncs.com eu-central-1',
    17: 's3.oss-eu-west-1.aliyuncs.com eu-west-1',
    18: 's3.oss-me-east-1.aliyuncs.com me-east-1',
    19: 's3.oss-ap-southeast-6.aliyuncs.com ap-southeast-6',
    20: 's3.oss-cn-heyuan.aliyuncs.com cn-heyuan',
    21: 's3.oss-cn-guangzhou.aliyuncs.com cn-guangzhou',
    22: 's3.oss-cn-chengdu.aliyuncs.com cn-chengdu',
    23: 's3.oss-cn-nanjing.aliyuncs.com cn-nanjing',
    24: 's3.oss-cn-fuzhou.aliyuncs.com cn-fuzhou',
    25: 's3.oss-cn-wulanchabu.aliyuncs.com cn-wulanchabu',
    26: 's3.oss-ap-northeast-2.aliyuncs.com ap-northeast-2',
    27: 's3.oss-ap-southeast-7.aliyuncs.com ap-southeast-7',
  },
  3: {
    0: 'cos.ap-beijing-1.myqcloud.com ap-beijing-1',
    1: 'cos.ap-beijing.myqcloud.com ap-beijing',
    2: 'cos.ap-shanghai.myqcloud.com ap-shanghai',
    3: 'cos.ap-guangzhou.myqcloud.com ap-guangzhou',
    4: 'cos.ap-chengdu.myqcloud.com ap-chengdu',
    5: 'cos.ap-chongqing.myqcloud.com ap-chongqing',
    6: 'cos.ap-shenzhen-fsi.myqcloud.com ap-shenzhen-fsi',
    7: 'cos.ap-shanghai-fsi.myqcloud.com ap-shanghai-fsi',
    8: 'cos.ap-beijing-fsi.myqcloud.com ap-beijing-fsi',
    9: 'cos.ap-hongkong.myqcloud.com ap-hongkong',
    10: 'cos.ap-singapore.myqcloud.com ap-singapore',
    11: 'cos.ap-mumbai.myqcloud.com ap-mumbai',
    12: 'cos.ap-seoul.myqcloud.com ap-seoul',
    13: 'cos.ap-bangkok.myqcloud.com ap-bangkok',
    14: 'cos.ap-tokyo.myqcloud.com ap-tokyo',
    15: 'cos.na-siliconvalley.myqcloud.com na-siliconvalley',
    16: 'cos.na-ashburn.myqcloud.com na-ashburn',
    17: 'cos.na-toronto.myqcloud.com na-toronto',
    18: 'cos.eu-frankfurt.myqcloud.com eu-frankfurt',
    19: 'cos.eu-moscow.myqcloud.com eu-moscow',
  },
  4: {
    0: 'kss.ksyun.com HANGZHOU',
    1: 'ks3-cn-shanghai.ksyuncs.com SHANGHAI',
    2: 'ks3-cn-qingdao.ksyuncs.com QINGDAO',
    3: 'ks3-cn-beijing.ksyuncs.com BEIJING',
    4: 'ks3-cn-guangzhou.ksyuncs.com GUANGZHOU',
    5: 'ks3-cn-hk-1.ksyuncs.com HONGKONG',
    6: 'ks3-jr-beijing.ksyuncs.com JR_BEIJING',
    7: 'ks3-jr-shanghai.ksyuncs.com JR_SHANGHAI',
    8: 'ks3-rus.ksyuncs.com RUSSIA',
    9: 'ks3-sgp.ksyuncs.com SINGAPORE',
  },
  7: {
    0: 'obs.cn-north-1.myhuaweicloud.com cn-north-1',
    1: 'obs.cn-north-4.myhuaweicloud.com cn-north-4',
    2: 'obs.cn-east-2.myhuaweicloud.com cn-east-2',
    3: 'obs.cn-east-3.myhuaweicloud.com cn-east-3',
    4: 'obs.cn-south-1.myhuaweicloud.com cn-south-1',
    5: 'obs.cn-southwest-2.myhuaweicloud.com cn-southwest-2',
    6: 'obs.ap-southeast-1.myhuaweicloud.com ap-southeast-1',
    7: 'obs.ap-southeast-2.myhuaweicloud.com ap-southeast-2',
    8: 'obs.ap-southeast-3.myhuaweicloud.com ap-southeast-3',
    9: 'obs.af-south-1.myhuaweicloud.com af-south-1',
    10: 'obs.sa-argentina-1.myhuaweicloud.com sa-argentina-1',
    11: 'obs.sa-peru-1.myhuaweicloud.com sa-peru-1',
    12: 'obs.na-mexico-1.myhuaweicloud.com na-mexico-1',
    13: 'obs.sa-brazil-1.myhuaweicloud.com sa-brazil-1',
    14: 'obs.la-south-2.myhuaweicloud.com la-south-2',
    15: 'obs.sa-chile-1.myhuaweicloud.com sa-chile-1',
  },
  8: {
    0: 's3.bj.bcebos.com bj',
    1: 's3.bd.bcebos.com bd',
    2: 's3.su.bcebos.com su',
    3: 's3.gz.bcebos.com gz',
    4: 's3.hkg.bcebos.com hkg',
    5: 's3.sin.bcebos.com sin',
    6: 's3.fwh.bcebos.com fwh',
    7: 's3.fsh.bcebos.com fsh',
  },
};

const rows = Object.entries(PLACES).flatMap(([vendor, regions]) =>
  Object.entries(regions).map(([region, place]) => [Number(vendor), Number(region), place] as const),
);

describe('the table of vendors', () => {
  for (const [vendor, region, expected] of rows) {
    it(`vendor ${vendor}, region ${region}: ${expected}`, () => {
      const place = s3Place(vendor, region, null);
      assert.equal(`${place?.endpoint} ${place?.region}`, `https://${expected}`);
    });
  }

  it('has these regions and no others', () => {
    for (const [vendor, regions] of Object.entries(PLACES)) {
      assert.deepEqual(regionNumbers(Number(vendor)), Object.keys(regions).map(Number), `vendor ${vendor}`);
    }
    assert.equal(s3Place(1, 26, null), null);
    assert.equal(s3Place(0, 5, null), null);
    assert.equal(s3Place(9, 0, null), null);
  });

  it('takes any region of those whose regions mean nothing', () => {
    for (const vendor of [5, 6, 11]) assert.equal(regionNumbers(vendor), null);
    assert.equal(s3Place(6, 77, null)?.endpoint, 'https://storage.googleapis.com');
    assert.equal(s3Place(6, 0, null)?.region, 'auto');
  });

  it('knows what each may be sent', () => {
    const may = [...VENDORS.keys()].map((vendor) => {
      const place = s3Place(vendor, 0, 's3.example.org');
      if (place === null) return `${vendor}`;
      const words = { path: place.pathStyle, tags: place.tags, sse: place.encryption, genuine: place.genuine };
      return [vendor, ...Object.entries(words).flatMap(([word, yes]) => (yes ? [word] : []))].join(' ');
    });
    assert.deepEqual(may, [
      '0 path',
      '1 tags sse genuine',
      '2 tags',
      '3',
      '4',
      '5',
      '6 path',
      '7',
      '8',
      '11 path tags sse',
    ]);
  });
});

describe('an endpoint of one’s own', () => {
  for (const [given, url, region] of [
    ['s3.example.org', 'https://s3.example.org', 'us-east-1'],
    ['s3.example.org:9000', 'https://s3.example.org:9000', 'us-east-1'],
    ['http://127.0.0.1:9000/', 'http://127.0.0.1:9000', 'us-east-1'],
    ['HTTPS://Example.ORG', 'https://example.org', 'us-east-1'],
    ['https://x.supabase.co/storage/v1/s3', 'https://x.supabase.co/storage/v1/s3', 'us-east-1'],
    ['x.supabase.co/storage/v1/s3/', 'https://x.supabase.co/storage/v1/s3', 'us-east-1'],
    ['[::1]:9000', 'https://[::1]:9000', 'us-east-1'],
    ['s3.eu-central-1.wasabisys.com', 'https://s3.eu-central-1.wasabisys.com', 'eu-central-1'],
    ['s3.us-west-004.backblazeb2.com', 'https://s3.us-west-004.backblazeb2.com', 'us-west-004'],
    ['s3.fr-par.scw.cloud', 'https://s3.fr-par.scw.cloud', 'fr-par'],
    ['account.r2.cloudflarestorage.com', 'https://account.r2.cloudflarestorage.com', 'us-east-1'],
  ] as const) {
    it(`${given} is ${url}, signed for ${region}`, () => {
      const place = s3Place(11, 5, given);
      assert.deepEqual([place?.endpoint, place?.region], [url, region]);
    });
  }

  for (const given of [
    '',
    ' ',
    'ftp://x.org',
    'https://',
    'https://user:pw@x.org',
    'x.org?a=b',
    'x.org#a',
    'a b',
    'x:y',
  ]) {
    it(`'${given}' is none`, () => assert.equal(parseEndpoint(given), null));
  }

  it('is needed by vendor 11 only', () => {
    assert.equal(s3Place(11, 0, null), null);
    assert.equal(s3Place(1, 0, 'elsewhere.org')?.endpoint, 'https://s3.us-east-1.amazonaws.com');
  });
});

describe('Azure', () => {
  it('has a host per account', () => {
    assert.equal(azureEndpoint('myaccount', null), 'https://myaccount.blob.core.windows.net');
    assert.equal(s3Place(5, 0, null), null);
  });

  it('may be elsewhere', () => {
    const emulator = 'http://127.0.0.1:10000/devstoreaccount1';
    assert.equal(azureEndpoint('devstoreaccount1', emulator), emulator);
  });

  for (const account of ['', 'evil.org/x', 'UPPER', 'a']) {
    it(`'${account}' is no account`, () => assert.equal(azureEndpoint(account, null), null));
  }
});
