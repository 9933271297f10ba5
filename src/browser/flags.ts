import type { Size } from '../types.ts';

export interface NetworkOptions {
  /** Port of the SOCKS 5 proxy on loopback that all traffic goes through; null: none, Chromium connects by itself. */
  readonly proxyPort: number | null;
  /** WebRTC may send UDP past the proxy. */
  readonly webrtcUdp: boolean;
  /** Origin without TLS that may use what others only may with it, such as WebCrypto; null: none. */
  readonly secureOrigin: string | null;
}

export interface FlagOptions {
  readonly size: Size;
  /** There is no display to show the page on. */
  readonly headless: boolean;
  /** There is no sound daemon to play to: media plays on, unheard. */
  readonly muted: boolean;
  readonly profile: string;
  /** Device pixels per CSS pixel. */
  readonly pixelRatio: number;
  readonly network: NetworkOptions;
  /** False: without Chromium's sandbox. */
  readonly sandbox: boolean;
}

/** Chromium's command line. Every flag is here for a reason; nothing else is passed. */
export function chromiumFlags(options: FlagOptions): string[] {
  return [
    ...window(options),
    ...noWindowsOfItsOwn,
    ...steadyPage,
    ...quiet,
    ...(options.muted ? ['--mute-audio'] : []),
    ...wayOut(options.network),
    ...(options.sandbox ? [] : ['--no-sandbox']),
    'about:blank',
  ];
}

function window({ size, headless, profile, pixelRatio }: FlagOptions): string[] {
  return [
    // DevTools over descriptors 3 and 4: no port that other programs on the machine could open.
    '--remote-debugging-pipe',
    `--user-data-dir=${profile}`,
    '--kiosk',
    '--window-position=0,0',
    `--window-size=${Math.ceil(size.width / pixelRatio)},${Math.ceil(size.height / pixelRatio)}`,
    `--force-device-scale-factor=${pixelRatio}`,
    '--force-color-profile=srgb',
    '--hide-scrollbars',
    `--ozone-platform=${headless ? 'headless' : 'x11'}`,
  ];
}

/**
 * Whatever would open a window, a bubble or a bar over the page. Chromium's popup blocker stays on: nobody clicks here, so it
 * blocks every popup. The suggestions of an address bar that nobody sees have a renderer of their own, from the start on: 56 MB,
 * and as much CPU as the rest of the browser takes to come up.
 */
const noWindowsOfItsOwn = [
  '--deny-permission-prompts',
  '--disable-infobars',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-default-apps',
  '--disable-extensions',
  '--disable-notifications',
  '--disable-prompt-on-repost',
  '--disable-search-engine-choice-screen',
  '--kiosk-printing',
  '--hide-crash-restore-bubble',
  '--noerrdialogs',
  '--password-store=basic',
  '--disable-features=Translate,GlobalMediaControls,MediaRouter,DialMediaRouteProvider,HttpsUpgrades,FedCm,WebUIOmniboxPopup,WebUIOmniboxAimPopup',
];

/** The page runs at full speed although nobody looks at it, and media plays without a gesture. */
const steadyPage = [
  '--autoplay-policy=no-user-gesture-required',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--disable-hang-monitor',
  '--disable-ipc-flooding-protection',
  // There is no GPU; drawing straight in software skips the copies of an emulated one. WebGL still runs, in software.
  '--disable-gpu',
  '--enable-unsafe-swiftshader',
  // Containers give /dev/shm 64 MB; with less than Chromium wants there the page crashes.
  '--disable-dev-shm-usage',
];

/** No traffic, reports or bookkeeping of the browser's own. */
const quiet = [
  '--disable-background-networking',
  '--disable-breakpad',
  '--disable-crash-reporter',
  '--disable-client-side-phishing-detection',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--metrics-recording-only',
  '--no-pings',
  '--no-service-autorun',
];

/** Through the proxy and no other way; see net/egress-proxy.ts. */
function wayOut({ proxyPort, webrtcUdp, secureOrigin }: NetworkOptions): string[] {
  const udp = webrtcUdp ? [] : ['--webrtc-ip-handling-policy=disable_non_proxied_udp'];
  const trusted = secureOrigin === null ? [] : [`--unsafely-treat-insecure-origin-as-secure=${secureOrigin}`];
  if (proxyPort === null) return [...udp, ...trusted];
  // Names are the proxy's to resolve. Only the servers that WebRTC sends UDP to are looked up by Chromium.
  const names = webrtcUdp ? [] : ['--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1'];
  return [
    `--proxy-server=socks5://127.0.0.1:${proxyPort}`,
    // Without this, loopback and link-local addresses are dialled directly.
    '--proxy-bypass-list=<-loopback>',
    ...names,
    ...udp,
    ...trusted,
  ];
}
