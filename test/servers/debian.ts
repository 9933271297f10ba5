import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { madeOnce } from './made-once.ts';

const execute = promisify(execFile);

const MULTIARCH = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch as 'x64' | 'arm64'];

/**
 * Packages of Debian with what they depend on and what is not installed, unpacked and not installed: no daemon is started, no
 * root is needed, nothing outside of the folder changes. Done once.
 *
 * @returns the folder, which is to be read as `/`: `usr/sbin/nginx`.
 */
export async function unpackDebian(packages: readonly string[]): Promise<string> {
  const release = (await readFile('/etc/debian_version', 'utf8')).trim().replace('/', '-');
  return madeOnce(`debian-${release}-${process.arch}-${packages.join('+')}`, async (folder) => {
    await using debs = await fetchDebs(packages, `${folder}.debs`);
    for (const deb of debs.files) await execute('dpkg', ['-x', deb, folder]);
    // A program that runs as root for whoever calls it must not lie around in a cache.
    await execute('find', [folder, '-type', 'f', '-perm', '/6000', '-exec', 'chmod', 'ug-s', '{}', '+']);
  });
}

/** Path of what may be unpacked, or installed. @param path relative to `/`: `usr/lib/nginx/modules`. */
export function pathOf(folder: string, path: string): string {
  const unpacked = join(folder, path);
  return existsSync(unpacked) ? unpacked : join('/', path);
}

/** Path of a program that may be unpacked, or installed. */
export function programOf(folder: string, name: string): string {
  const found = ['usr/sbin', 'usr/bin', 'sbin', 'bin']
    .map((place) => pathOf(folder, `${place}/${name}`))
    .find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${name} is neither in ${folder} nor installed`);
  return found;
}

/** The same below the libraries' folder, `usr/lib/<architecture>`. */
export function libraryOf(folder: string, path: string): string {
  return pathOf(folder, `usr/lib/${MULTIARCH}/${path}`);
}

/** Environment in which programs of the folder find their libraries. @param more folders below `usr/lib/<architecture>`. */
export function librariesOf(folder: string, ...more: string[]): Record<string, string> {
  const places = [`usr/lib/${MULTIARCH}`, `lib/${MULTIARCH}`, ...more.map((name) => `usr/lib/${MULTIARCH}/${name}`)];
  return { LD_LIBRARY_PATH: places.map((place) => join(folder, place)).join(':') };
}

interface Debs extends AsyncDisposable {
  readonly files: readonly string[];
}

async function fetchDebs(packages: readonly string[], folder: string): Promise<Debs> {
  try {
    await download(packages, folder, []);
  } catch {
    // No package lists, or old ones. Fresh ones of our own need no root, and the system's stay as they are.
    const own = await ownLists(join(dirname(folder), 'apt'));
    await download(packages, folder, own);
  }
  const names = (await readdir(folder)).filter((name) => name.endsWith('.deb'));
  return {
    files: names.map((name) => join(folder, name)),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

async function download(packages: readonly string[], folder: string, options: readonly string[]): Promise<void> {
  // Whatever an earlier attempt left would be unpacked too.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const planned = await apt(folder, options, ['--simulate', '--no-install-recommends', 'install', ...packages]);
  const wanted = [...planned.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+)/gm)].map(([, name, version]) => {
    return `${name}=${version}`;
  });
  if (wanted.length > 0) await apt(folder, options, ['download', ...wanted]);
}

/** @returns options that make apt-get use lists in this folder. */
async function ownLists(folder: string): Promise<string[]> {
  await mkdir(join(folder, 'lists/partial'), { recursive: true });
  await mkdir(join(folder, 'cache/archives/partial'), { recursive: true });
  const options = [`Dir::State::Lists=${folder}/lists`, `Dir::Cache=${folder}/cache`].flatMap((one) => ['-o', one]);
  await apt(folder, options, ['update']);
  return options;
}

async function apt(cwd: string, options: readonly string[], args: readonly string[]): Promise<string> {
  // apt-get of root downloads as the user _apt, who may not be allowed to write here.
  const always = ['-q', '-o', 'Debug::NoLocking=1', '-o', 'APT::Sandbox::User=root'];
  const env = { ...process.env, LC_ALL: 'C' };
  const { stdout } = await execute('apt-get', [...always, ...options, ...args], { cwd, env, maxBuffer: 1 << 26 });
  return stdout;
}
