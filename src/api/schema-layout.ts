import { z } from 'zod';
import { isWebUrl, oneOf, text } from './schema-parts.ts';

const CUSTOM = 3;
const MAX_REGIONS = 17;
const REGIONS = `a list of at most ${MAX_REGIONS} regions`;
const COLOR = 'a colour like #RRGGBB';
const IMAGE = 'an http or https URL';
const FRACTION = "a number from 0 to 1, a fraction of the picture's width or height and not pixels";
const ALPHA = 'a number from 0 to 1';
/** Fractions have six decimals, and two of them may both have been rounded up. */
const ROUNDING = 1e-6;

function fraction(message = FRACTION): z.ZodNumber {
  return z.number(message).min(0, message).max(1, message);
}

/** An empty text counts as none: some clients send all members that they know. */
function imageUrl(): z.ZodString {
  return z.string(IMAGE).refine((url) => url === '' || isWebUrl(url), IMAGE);
}

const renderModeSchema = oneOf([0, 1]).default(0).describe('0 cut to fill, 1 whole with bars.');

const regionSchema = z
  .object(
    {
      uid: text().optional().describe('Left out or empty: for the next user that no region names.'),
      x_axis: fraction().describe('Left edge, as a fraction of the width.'),
      y_axis: fraction().describe('Upper edge, as a fraction of the height.'),
      width: fraction(),
      height: fraction(),
      alpha: fraction(ALPHA).default(1).describe('0 cannot be seen, 1 hides what is behind.'),
      render_mode: renderModeSchema,
    },
    'an object',
  )
  .superRefine(({ x_axis, y_axis, width, height }, context) => {
    const fits = (from: number, length: number): boolean => from + length <= 1 + ROUNDING;
    const refuse = (member: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [member], message });
    if (!fits(x_axis, width)) refuse('width', `at most ${1 - x_axis}, so that x_axis + width is at most 1`);
    if (!fits(y_axis, height)) refuse('height', `at most ${1 - y_axis}, so that y_axis + height is at most 1`);
  })
  .meta({ id: 'LayoutRegion' });

const userImageSchema = z.object(
  { uid: text(), image_url: z.string(IMAGE).refine(isWebUrl, IMAGE), render_mode: renderModeSchema },
  'an object',
);

const layoutFields = z.object(
  {
    mixedVideoLayout: oneOf([0, 1, 2, CUSTOM])
      .default(0)
      .describe('0 floating, 1 best fit, 2 vertical, 3 custom (layoutConfig).'),
    maxResolutionUid: text().optional().describe('Who gets the large region of the vertical layout.'),
    backgroundColor: z
      .string(COLOR)
      .regex(/^(#[0-9a-f]{6})?$/i, COLOR)
      .optional()
      .describe('#RRGGBB; #000000 when left out.'),
    backgroundImage: imageUrl().optional().describe('Picture behind everything, cut to fill.'),
    defaultUserBackgroundImage: imageUrl().optional().describe('Picture of users who send none.'),
    backgroundConfig: z.array(userImageSchema, 'a list of pictures by uid').optional(),
    layoutConfig: z
      .array(regionSchema, REGIONS)
      .max(MAX_REGIONS, REGIONS)
      .optional()
      .describe(`The regions of layout ${CUSTOM}, at most ${MAX_REGIONS}; later ones are drawn over earlier ones.`),
  },
  'an object',
);

/** What says how the users of a channel are laid out: members of `transcodingConfig` and of an updateLayout. */
export const layoutMembers = layoutFields.shape;
export type LayoutMembers = z.output<typeof layoutFields>;

type LayoutContext = { addIssue(issue: { code: 'custom'; path: string[]; message: string }): void };

/** `layoutConfig` belongs to the custom layout; an empty list counts as none. */
export function checkLayout({ mixedVideoLayout, layoutConfig = [] }: LayoutMembers, context: LayoutContext): void {
  const custom = mixedVideoLayout === CUSTOM;
  if (custom === layoutConfig.length > 0) return;
  const message = custom ? 'regions with mixedVideoLayout 3' : 'no regions unless mixedVideoLayout is 3';
  context.addIssue({ code: 'custom', path: ['layoutConfig'], message });
}

/** `clientRequest` of an updateLayout: what is left out goes back to its default. */
export const layoutUpdateSchema = layoutFields.superRefine(checkLayout).meta({ id: 'LayoutUpdate' });
