import type { CDPSession } from 'puppeteer-core';
import type { Size } from '../types.ts';

export interface DeviceOptions {
  /** In CSS pixels. */
  readonly viewport: Size;
  /** Device pixels per CSS pixel; viewport times this is the picture. */
  readonly pixelRatio: number;
  readonly mobile: boolean;
}

/** What a page is laid out for whose picture nobody sees: it still draws, and the less the cheaper. */
export const UNSEEN: Size = { width: 640, height: 360 };

/** A common phone is this many CSS pixels wide. */
const PHONE_WIDTH = 360;
const PIXEL_RATIOS = [4, 3, 2];

/**
 * How a picture of this size is shown: on a desktop one CSS pixel is one pixel; a phone's picture of 720x1280 is a
 * screen of 360x640 CSS pixels at ratio 2. The ratio is the largest that leaves a phone's width and whole pixels.
 */
export function deviceFor(picture: Size, mobile: boolean): DeviceOptions {
  const pixelRatio = (mobile && PIXEL_RATIOS.find((ratio) => suits(picture, ratio))) || 1;
  return { viewport: { width: picture.width / pixelRatio, height: picture.height / pixelRatio }, pixelRatio, mobile };
}

function suits({ width, height }: Size, ratio: number): boolean {
  return Math.min(width, height) / ratio >= PHONE_WIDTH && width % ratio === 0 && height % ratio === 0;
}

/** Exact viewport and, for `mobile`, a phone: touch, user agent, viewport meta tag. */
export async function emulateDevice(cdp: CDPSession, device: DeviceOptions): Promise<void> {
  const { viewport, pixelRatio, mobile } = device;
  await cdp.send('Emulation.setDeviceMetricsOverride', {
    ...viewport,
    deviceScaleFactor: pixelRatio,
    mobile,
    // The display is larger than the picture (see display.ts); the page should see a screen of its own size.
    screenWidth: viewport.width,
    screenHeight: viewport.height,
  });
  await cdp.send('Emulation.setScrollbarsHidden', { hidden: true });
  if (mobile) await emulatePhone(cdp);
}

async function emulatePhone(cdp: CDPSession): Promise<void> {
  const { userAgent } = await cdp.send('Browser.getVersion');
  const version = /Chrome\/(\d+)/.exec(userAgent)?.[1] ?? '120';
  await cdp.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 5 });
  await cdp.send('Emulation.setUserAgentOverride', {
    userAgent: `Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Mobile Safari/537.36`,
    platform: 'Linux armv81',
    userAgentMetadata: {
      brands: [{ brand: 'Chromium', version }],
      platform: 'Android',
      platformVersion: '10.0.0',
      architecture: '',
      model: 'K',
      mobile: true,
    },
  });
}
