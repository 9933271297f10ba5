import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { type Finding, formatFinding, readSources, type SourceFile } from './finding.ts';
import { parseImports } from './source-text.ts';

const TABLE_FILE = 'src/README.md';
const EVERYTHING = 'everything';

/** A row of the table: a folder of src/, or a file directly in it. */
interface Row {
  readonly unit: string;
  readonly line: number;
  readonly mayImport: ReadonlySet<string>;
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly line: number;
}

/** Holds the imports within src/ against the table in src/README.md, in both directions. */
export function checkImports(root: string): Finding[] {
  if (!existsSync(join(root, TABLE_FILE))) {
    return [{ file: TABLE_FILE, line: 1, message: 'is missing: it holds the table of what each folder may import' }];
  }
  const rows = parseTable(readFileSync(join(root, TABLE_FILE), 'utf8'));
  if (rows.length === 0) {
    return [{ file: TABLE_FILE, line: 1, message: 'has no table with the columns "folder" and "may import"' }];
  }
  const files = readSources(root, 'src');
  const edges = files.flatMap(importEdges);
  return [
    ...missingRows(files, rows),
    ...forbiddenImports(edges, rows),
    ...staleRows(files, edges, rows),
    ...importCycles(edges),
  ];
}

/** Rows of the first table whose header has a column "folder" and one "may import". */
export function parseTable(markdown: string): Row[] {
  const lines = markdown.split('\n').map((line) => (line.trim().startsWith('|') ? cellsOf(line) : null));
  const header = lines.findIndex((cells) => isHeader(cells));
  const columns = lines[header]?.map((cell) => cell.toLowerCase()) ?? [];
  const rows: Row[] = [];
  for (let i = header + 2; header !== -1 && lines[i]; i++) {
    const cell = (name: string): string[] => wordsOf(lines[i]?.[columns.indexOf(name)] ?? '');
    const [unit] = cell('folder');
    if (unit !== undefined) rows.push({ unit, line: i + 1, mayImport: new Set(cell('may import')) });
  }
  return rows;
}

function isHeader(cells: string[] | null): boolean {
  const names = cells?.map((cell) => cell.toLowerCase()) ?? [];
  return names.includes('folder') && names.includes('may import');
}

function cellsOf(line: string): string[] {
  return line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim());
}

/** The names in a cell: `browser`, `kit/` and `errors.ts`, with or without back-ticks; a dash names nothing. */
function wordsOf(cell: string): string[] {
  return [...cell.matchAll(/[A-Za-z][\w.-]*/g)].map(([word]) => word);
}

/** `src/browser/flags.ts` belongs to `browser`, `src/errors.ts` to itself. */
function unitOf(path: string): string {
  return path.split('/')[1] ?? path;
}

function importEdges(file: SourceFile): Edge[] {
  return parseImports(file)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier, line }) => ({ from: file.path, to: normalize(join(dirname(file.path), specifier)), line }));
}

function missingRows(files: readonly SourceFile[], rows: readonly Row[]): Finding[] {
  const known = new Set(rows.map((row) => row.unit));
  const units = new Set(files.map((file) => unitOf(file.path)));
  return [...units]
    .filter((unit) => !known.has(unit))
    .map((unit) => ({ file: TABLE_FILE, line: rows[0]?.line ?? 1, message: `the table has no row for ${unit}` }));
}

function forbiddenImports(edges: readonly Edge[], rows: readonly Row[]): Finding[] {
  const allowed = new Map(rows.map((row) => [row.unit, row.mayImport]));
  return edges.flatMap(({ from, to, line }) => {
    if (!to.startsWith('src/')) return [{ file: from, line, message: `imports ${to}, which is outside of src/` }];
    const mayImport = allowed.get(unitOf(from));
    if (mayImport === undefined || mayImport.has(EVERYTHING)) return [];
    if (unitOf(from) === unitOf(to) || mayImport.has(unitOf(to))) return [];
    return [{ file: from, line, message: `${unitOf(from)} may not import ${unitOf(to)} (table in ${TABLE_FILE})` }];
  });
}

function staleRows(files: readonly SourceFile[], edges: readonly Edge[], rows: readonly Row[]): Finding[] {
  const units = new Set(files.map((file) => unitOf(file.path)));
  const used = new Set(edges.map((edge) => `${unitOf(edge.from)} ${unitOf(edge.to)}`));
  return rows.flatMap(({ unit, line, mayImport }) => {
    if (!units.has(unit)) return [{ file: TABLE_FILE, line, message: `stale row: src/${unit} does not exist` }];
    return [...mayImport]
      .filter((to) => to !== EVERYTHING && !used.has(`${unit} ${to}`))
      .map((to) => ({ file: TABLE_FILE, line, message: `stale permission: nothing in ${unit} imports ${to}` }));
  });
}

/** One finding per import that closes a circle of files, found depth first. */
function importCycles(edges: readonly Edge[]): Finding[] {
  const outgoing = Map.groupBy(edges, (edge) => edge.from);
  const done = new Set<string>();
  const path: string[] = [];
  const findings: Finding[] = [];
  const visit = (file: string): void => {
    path.push(file);
    for (const { from, to, line } of outgoing.get(file) ?? []) {
      const start = path.indexOf(to);
      if (start !== -1) {
        findings.push({ file: from, line, message: `import cycle: ${[...path.slice(start), to].join(' -> ')}` });
      } else if (!done.has(to)) visit(to);
    }
    path.pop();
    done.add(file);
  };
  for (const file of outgoing.keys()) if (!done.has(file)) visit(file);
  return findings;
}

if (import.meta.main) {
  const findings = checkImports(dirname(import.meta.dirname));
  for (const finding of findings) console.log(formatFinding(finding));
  if (findings.length > 0) process.exitCode = 1;
}
