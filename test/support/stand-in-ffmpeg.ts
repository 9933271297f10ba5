import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { TempFolder } from './temp-folder.ts';

/** What becomes of pictures that are to be encoded in hardware: they are encoded by x264, or none is, or others are. */
export type StandIn = 'works' | 'fails' | 'garbles';

export interface HardwareStandIn {
  /** Variables for a program that is to believe in the hardware. */
  readonly env: Readonly<Record<string, string>>;
  /** Path of a file that passes for a device. */
  readonly device: string;
  /** When there is a file of this name, every recording's hardware encoder dies. */
  readonly death: string;
}

/**
 * An `ffmpeg` that has h264_vaapi on a machine without: first in the PATH of those that use its `env`. Everything else is done by
 * the real one.
 */
export async function makeHardwareStandIn(folder: TempFolder, how: StandIn): Promise<HardwareStandIn> {
  const [programs, device, death] = ['programs', 'renderD128', 'death'].map((name) => folder.file(name)) as [
    string,
    string,
    string,
  ];
  // Recordings run as another user.
  await chmod(folder.path, 0o755);
  await mkdir(programs);
  await writeFile(device, '');
  await writeFile(join(programs, 'ffmpeg'), script(how, device, death), { mode: 0o755 });
  return { env: { PATH: [programs, process.env['PATH']].join(delimiter) }, device, death };
}

/**
 * An `ffmpeg` that takes x264's slowest preset where `superfast` is asked for: too slow for any recording of some size.
 * @param quicker what `ultrafast` does
 * @returns variables for a program that is to use it
 */
export async function makeSlowStandIn(
  folder: TempFolder,
  quicker: 'works' | 'dies',
): Promise<Readonly<Record<string, string>>> {
  const programs = folder.file('slow');
  await chmod(folder.path, 0o755);
  await mkdir(programs);
  const text = `#!/bin/sh
PATH=\${PATH#*:}
${quicker === 'dies' ? `case " $* " in *' ultrafast '*) echo 'no such preset' >&2; exit 1 ;; esac` : ''}
left=$#
while [ "$left" -gt 0 ]; do
  argument=$1; shift; left=$((left - 1))
  [ "$argument" != superfast ] || argument=placebo
  set -- "$@" "$argument"
done
exec ffmpeg "$@"
`;
  await writeFile(join(programs, 'ffmpeg'), text, { mode: 0o755 });
  return { PATH: [programs, process.env['PATH']].join(delimiter) };
}

function script(how: StandIn, device: string, death: string): string {
  return `#!/bin/sh
PATH=\${PATH#*:}
case " $* " in *' h264_vaapi '*) ;; *) exec ffmpeg "$@" ;; esac
case " $* " in *' -vaapi_device ${device} '*) ;; *) echo 'expected the device' >&2; exit 1 ;; esac
${how === 'fails' ? `echo 'no such hardware' >&2; exit 1` : ''}
left=$#
while [ "$left" -gt 0 ]; do
  argument=$1; shift; left=$((left - 1))
  case "$argument" in
    -vaapi_device|-async_depth|-rc_mode) shift; left=$((left - 1)) ;;
    h264_vaapi) set -- "$@" libx264 -preset ultrafast -tune zerolatency ;;
    *format=nv12,hwupload) set -- "$@" "\${argument%format=nv12,hwupload}${how === 'garbles' ? 'negate,' : ''}format=yuv420p" ;;
    *) set -- "$@" "$argument" ;;
  esac
done
case " $* " in *' mpegts '*) ;; *) exec ffmpeg "$@" ;; esac
exec 3<&0
setpriv --pdeathsig=KILL -- ffmpeg "$@" <&3 &
child=$!
trap 'kill -TERM "$child"' TERM
while kill -0 "$child" 2>/dev/null; do
  if [ -e '${death}' ]; then kill -KILL "$child"; echo 'the hardware is gone' >&2; exit 1; fi
  sleep 0.2
done
wait "$child"
`;
}
