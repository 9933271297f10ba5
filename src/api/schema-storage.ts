import { z } from 'zod';
import { filledText, integer, oneOf, text, toggle } from './schema-parts.ts';

interface Vendor {
  readonly name: string;
  /** Region numbers; null when any is taken. */
  readonly regions: readonly number[] | null;
}

function upTo(last: number, ...more: number[]): number[] {
  return [...Array(last + 1).keys(), ...more];
}

/** Vendors of cloud storage with all the region numbers that the API has ever had. */
const VENDORS: ReadonlyMap<number, Vendor> = new Map([
  [0, { name: 'Qiniu', regions: upTo(4) }],
  [1, { name: 'Amazon S3', regions: upTo(25, 28) }],
  [2, { name: 'Alibaba Cloud', regions: upTo(27) }],
  [3, { name: 'Tencent Cloud', regions: upTo(19) }],
  [4, { name: 'Kingsoft Cloud', regions: upTo(9) }],
  [5, { name: 'Microsoft Azure', regions: null }],
  [6, { name: 'Google Cloud', regions: null }],
  [7, { name: 'Huawei Cloud', regions: upTo(15) }],
  [8, { name: 'Baidu Cloud', regions: upTo(7) }],
  [11, { name: 'an S3-compatible store', regions: null }],
]);
const S3_COMPATIBLE = 11;

const PREFIX_LENGTH = 128;
const PREFIX_ELEMENT = 'letters, digits, "-", "_" or ".", but not "." or ".." alone';
const PREFIX_TOTAL = `at most ${PREFIX_LENGTH} characters when joined by "/"`;

const prefixSchema = z
  .array(
    z
      .string(PREFIX_ELEMENT)
      .regex(/^[\w.-]+$/, PREFIX_ELEMENT)
      .refine((element) => element !== '.' && element !== '..', PREFIX_ELEMENT),
    'a list of folder names',
  )
  .refine((elements) => elements.join('/').length <= PREFIX_LENGTH, PREFIX_TOTAL)
  .describe(`Folders that the files go to: ${PREFIX_ELEMENT}; ${PREFIX_TOTAL}.`);

const extensionParamsSchema = z.object(
  {
    sse: oneOf(['kms', 'aes256']).optional(),
    tag: text().optional(),
    endpoint: filledText().optional().describe('Host of vendor 11, with or without scheme.'),
    enableNTPtimestamp: toggle().optional().describe('Taken without effect.'),
  },
  'an object',
);

/** `storageConfig` as the API has it. */
export const storageSchema = z
  .object(
    {
      vendor: oneOf([...VENDORS.keys()]).describe(
        [...VENDORS].map(([number, { name }]) => `${number} ${name}`).join(', '),
      ),
      region: integer(0, 1000),
      bucket: filledText(),
      accessKey: filledText(),
      secretKey: filledText(),
      stsToken: text().optional(),
      stsExpiration: integer(0, Number.MAX_SAFE_INTEGER).optional().describe('Unix time in seconds.'),
      fileNamePrefix: prefixSchema.optional(),
      extensionParams: extensionParamsSchema.optional(),
    },
    'an object',
  )
  .superRefine(({ vendor, region, extensionParams }, context) => {
    const regions = VENDORS.get(vendor)?.regions ?? null;
    if (regions !== null && !regions.includes(region)) {
      context.addIssue({
        code: 'custom',
        path: ['region'],
        message: `a region of vendor ${vendor}: ${regions.join(', ')}`,
      });
    }
    if (vendor === S3_COMPATIBLE && extensionParams?.endpoint === undefined) {
      context.addIssue({ code: 'custom', path: ['extensionParams', 'endpoint'], message: 'the host of vendor 11' });
    }
  })
  .meta({ id: 'StorageConfig', description: 'Cloud storage. Not available yet: leave it out to keep files locally.' });

/** For people: `1 (Amazon S3)`. */
export function vendorName(vendor: number): string {
  return `${vendor} (${VENDORS.get(vendor)?.name})`;
}
