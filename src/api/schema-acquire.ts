import { z } from 'zod';
import { integer, oneOf, text } from './schema-parts.ts';

export const WEB_SCENE = 1;

/** `clientRequest` of an acquire. */
export const acquireRequestSchema = z.object(
  {
    scene: oneOf([0, WEB_SCENE, 2])
      .default(0)
      .describe('What will be recorded: 0 a channel, 1 a web page, 2 a channel with postponed transcoding.'),
    resourceExpiredHour: integer(1, 720)
      .default(72)
      .describe('Hours for which calls for the recording are taken, counted from its start.'),
    region: oneOf(['CN', 'AP', 'EU', 'NA', '']).optional().describe('Taken without effect.'),
    excludeResourceIds: z.array(text(), 'a list of strings').optional().describe('Taken without effect.'),
    regionAffinity: z.number('a number').optional().describe('Taken without effect.'),
    startParameter: z
      .record(z.string(), z.unknown(), 'an object')
      .optional()
      .describe('The clientRequest of the start to come. Its size is held against the capacity.'),
  },
  'an object',
);
