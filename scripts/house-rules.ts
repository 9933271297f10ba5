import { basename } from 'node:path';
import { type Finding, readSources, type SourceFile } from './finding.ts';
import { lineAt, parseImports } from './source-text.ts';

/** A word that may only be written in some places. */
interface PlaceRule {
  readonly pattern: RegExp;
  readonly within: string;
  readonly allowed: readonly string[];
  readonly message: string;
}

const PLACE_RULES: readonly PlaceRule[] = [
  {
    pattern: /\bprocess\s*\.\s*env\b/g,
    within: 'src/',
    allowed: ['src/config/', 'src/process/'],
    message: 'process.env may only be read in src/config/ and src/process/',
  },
  {
    pattern: /\bprocess\s*\.\s*exit\s*\(/g,
    within: 'src/',
    allowed: ['src/main.ts', 'src/session/main.ts', 'src/hub/main.ts'],
    message: 'process.exit may only be called in the main.ts of a process',
  },
  {
    pattern: /\.only\s*\(/g,
    within: 'test/',
    allowed: [],
    message: 'a test marked .only keeps all others from running',
  },
];

const SPAWNERS = ['child_process', 'node:child_process'];

/** The rules of the house that the linter cannot express. */
export function checkHouseRules(root: string): Finding[] {
  const files = [...readSources(root, 'src'), ...readSources(root, 'test')];
  return files.flatMap((file) => [...misplacedWords(file), ...misplacedSpawners(file), ...barrels(file)]);
}

function misplacedWords(file: SourceFile): Finding[] {
  return PLACE_RULES.filter((rule) => file.path.startsWith(rule.within) && !isIn(file, rule.allowed)).flatMap((rule) =>
    [...file.bare.matchAll(rule.pattern)].map((match) => ({
      file: file.path,
      line: lineAt(file.bare, match.index),
      message: rule.message,
    })),
  );
}

function misplacedSpawners(file: SourceFile): Finding[] {
  if (isIn(file, ['src/process/', 'test/'])) return [];
  return parseImports(file)
    .filter(({ specifier }) => SPAWNERS.includes(specifier))
    .map(({ line }) => ({ file: file.path, line, message: 'child_process may only be imported in src/process/' }));
}

function barrels(file: SourceFile): Finding[] {
  if (!file.path.startsWith('src/') || basename(file.path) !== 'index.ts') return [];
  return [{ file: file.path, line: 1, message: 'no barrels in src/: import the file that is meant' }];
}

function isIn(file: SourceFile, places: readonly string[]): boolean {
  return places.some((place) => file.path === place || (place.endsWith('/') && file.path.startsWith(place)));
}
