import { isAbsolute, relative } from 'node:path';
import type { Finding } from './finding.ts';

const TSC_LINE = /^(.+?)\((\d+),\d+\): error (TS\d+: .*)$/;
const ANNOTATION = /^::(?:error|warning) (.*?)::(.*)$/;

/** `tsc --pretty false`: one line per finding, indented lines explain the one before. */
export function parseTsc(output: string): Finding[] {
  return output.split('\n').flatMap((line) => {
    const [, file, row, message] = TSC_LINE.exec(line) ?? [];
    return file && row && message ? [{ file, line: Number(row), message }] : [];
  });
}

/** The annotation lines that Biome and Knip both can write. */
export function parseAnnotations(output: string, root: string): Finding[] {
  return output.split('\n').flatMap((line) => {
    const [, properties, message] = ANNOTATION.exec(line) ?? [];
    if (properties === undefined || message === undefined) return [];
    const { file, line: row, title } = parseProperties(properties);
    if (file === undefined) return [];
    return [
      {
        file: isAbsolute(file) ? relative(root, file) : file,
        line: Number(row ?? 1),
        message: [title?.replace(/^\W+/, ''), message.replaceAll('%0A', ' ')].filter(Boolean).join(': '),
      },
    ];
  });
}

function parseProperties(text: string): Partial<Record<'file' | 'line' | 'title', string>> {
  return Object.fromEntries(
    text.split(',').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}
