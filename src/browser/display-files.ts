import type { Size } from '../types.ts';

/** The dummy driver refuses modes with a pixel clock below 11 MHz. */
const LEAST_CLOCK_HZ = 12e6;
const WIDE_ENOUGH = 2400;

/**
 * An Xorg configuration with one screen of exactly this size and refresh rate. Without GLX: nobody draws by it here, WebGL
 * included, and what it loads (Mesa, LLVM) makes up 50 of the server's 70 MB.
 */
export function xorgConfig(size: Size, fps: number): string {
  const { width, height } = size;
  const total = totalSize(size, fps);
  const megahertz = (total.width * total.height * fps) / 1e6;
  const horizontal = [width, width + 20, width + 40, total.width].join(' ');
  const vertical = [height, height + 3, height + 6, total.height].join(' ');
  return `Section "ServerFlags"
  Option "AutoAddDevices" "false"
  Option "AutoAddGPU" "false"
  Option "BlankTime" "0"
EndSection
Section "Module"
  Disable "glx"
EndSection
Section "Device"
  Identifier "device"
  Driver "dummy"
  VideoRam 65536
EndSection
Section "Monitor"
  Identifier "monitor"
  HorizSync 1-300
  VertRefresh 1-200
  Modeline "recording" ${megahertz.toFixed(6)} ${horizontal} ${vertical}
EndSection
Section "Screen"
  Identifier "screen"
  Device "device"
  Monitor "monitor"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Modes "recording"
    Virtual ${width} ${height}
  EndSubSection
EndSection
`;
}

/**
 * Picture and blanking. Blanking means nothing to a dummy, so it is what small or slow modes are filled up with. And the
 * server counts the clock in whole kHz: only if the total is a multiple of 1000 is the rate exact, so that in a long recording
 * page and capture do not drift apart.
 */
function totalSize({ width, height }: Size, fps: number): Size {
  const least = { width: upTo(100, width + 60), height: upTo(10, height + 10) };
  if (least.width * least.height * fps >= LEAST_CLOCK_HZ) return least;
  const wide = Math.max(least.width, WIDE_ENOUGH);
  return { width: wide, height: Math.max(least.height, upTo(10, LEAST_CLOCK_HZ / fps / wide)) };
}

function upTo(step: number, value: number): number {
  return Math.ceil(value / step) * step;
}

const FAMILY_WILD = 0xffff;

/**
 * An Xauthority file with one cookie for any display: only programs that can read it may open the display, so no
 * recording can see another one's screen. Format: xauth's records of big-endian lengths and bytes (Xau library).
 */
export function xauthority(cookie: Uint8Array): Buffer {
  const field = (bytes: Uint8Array): Buffer => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const family = Buffer.alloc(2);
  family.writeUInt16BE(FAMILY_WILD);
  const anyAddress = field(Buffer.alloc(0));
  const anyDisplay = field(Buffer.alloc(0));
  return Buffer.concat([family, anyAddress, anyDisplay, field(Buffer.from('MIT-MAGIC-COOKIE-1')), field(cookie)]);
}
