import { LAYOUTS, type LayoutKind, type LayoutPlan, type RenderMode } from '../recording/channel.ts';
import type { LayoutMembers } from './schema-layout.ts';

const BLACK = '#000000';
const RENDER_MODES: readonly RenderMode[] = ['crop', 'fit'];

/** The layout that a start or an updateLayout asks for, with all defaults resolved. */
export function layoutOf(members: LayoutMembers): LayoutPlan {
  const { layoutConfig = [], backgroundConfig = [] } = members;
  return {
    kind: LAYOUTS[members.mixedVideoLayout] as LayoutKind,
    maxResolutionUid: members.maxResolutionUid || null,
    regions: layoutConfig.map(({ uid, x_axis: x, y_axis: y, width, height, alpha, render_mode }) => ({
      ...{ uid: uid || null, x, y, width, height, alpha },
      render: renderOf(render_mode),
    })),
    backgroundColor: members.backgroundColor || BLACK,
    backgroundImage: members.backgroundImage || null,
    defaultUserImage: members.defaultUserBackgroundImage || null,
    userImages: backgroundConfig.map(({ uid, image_url, render_mode }) => ({
      ...{ uid, url: image_url },
      render: renderOf(render_mode),
    })),
  };
}

function renderOf(mode: number): RenderMode {
  return RENDER_MODES[mode] as RenderMode;
}
