import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseSource, type SourceText } from './source-text.ts';

/** One thing wrong at one place; all checks speak this. */
export interface Finding {
  /** Relative to the root of the project. */
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface SourceFile extends SourceText {
  /** Relative to the root of the project. */
  readonly path: string;
}

export function formatFinding(finding: Finding): string {
  return `${finding.file}:${finding.line} ${finding.message}`;
}

/** All TypeScript files below a folder of the project, in a fixed order; none when the folder does not exist. */
export function readSources(root: string, folder: string): SourceFile[] {
  return listFiles(join(root, folder))
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path: relative(root, path), ...parseSource(readFileSync(path, 'utf8')) }));
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
