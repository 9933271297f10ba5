import { z } from 'zod';
import { AZURE, OWN_ENDPOINT, parseEndpoint, regionNumbers, VENDORS } from '../store/vendors.ts';
import { filledText, integer, oneOf, text, toggle } from './schema-parts.ts';

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

const ENDPOINT = 'a host, with or without scheme, port and path';

const extensionParamsSchema = z.object(
  {
    sse: oneOf(['kms', 'aes256']).optional(),
    tag: text().optional(),
    endpoint: filledText()
      .refine((endpoint) => parseEndpoint(endpoint) !== null, ENDPOINT)
      .optional()
      .describe(
        `Vendor ${OWN_ENDPOINT}: ${ENDPOINT}; https unless it says http. Vendor ${AZURE}: the same, in the place of Azure's own.`,
      ),
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
    const regions = regionNumbers(vendor);
    if (regions !== null && !regions.includes(region)) {
      context.addIssue({
        code: 'custom',
        path: ['region'],
        message: `a region of vendor ${vendor}: ${regions.join(', ')}`,
      });
    }
    if (vendor === OWN_ENDPOINT && extensionParams?.endpoint === undefined) {
      context.addIssue({ code: 'custom', path: ['extensionParams', 'endpoint'], message: 'the host of vendor 11' });
    }
  })
  .meta({ id: 'StorageConfig', description: 'Cloud storage. Left out, the files stay on this machine.' });

export type StorageConfig = z.output<typeof storageSchema>;
