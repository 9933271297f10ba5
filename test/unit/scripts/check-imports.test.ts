import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkImports, parseTable } from '../../../scripts/check-imports.ts';
import { formatFinding } from '../../../scripts/finding.ts';
import { TempProject } from './temp-project.ts';

function table(...rows: string[]): string {
  return ['# Map', '', '| folder | what it is for | may import |', '|---|---|---|', ...rows, ''].join('\n');
}

function findings(files: Readonly<Record<string, string>>): string[] {
  using project = new TempProject(files);
  return checkImports(project.root).map(formatFinding);
}

describe('checkImports', () => {
  it('is content when all imports are allowed and all permissions used', () => {
    assert.deepEqual(
      findings({
        'src/README.md': table(
          '| `main.ts` | root | everything |',
          '| `api/` | http | `kit`, `types.ts` |',
          '| `kit` | | - |',
          '| `types.ts` | | — |',
        ),
        'src/main.ts': "import './api/a.ts';",
        'src/api/a.ts': "import './b.ts';\nimport { k } from '../kit/k.ts';\nimport 'express';",
        'src/api/b.ts': "import type { T } from '../types.ts';",
        'src/kit/k.ts': "import { join } from 'node:path';",
        'src/types.ts': '',
      }),
      [],
    );
  });

  it('finds an import that the table does not allow', () => {
    assert.deepEqual(
      findings({
        'src/README.md': table('| api | | |', '| kit | | |'),
        'src/api/a.ts': "\nimport type {\n  K,\n} from '../kit/k.ts';",
        'src/kit/k.ts': '',
      }),
      ['src/api/a.ts:2 api may not import kit (table in src/README.md)'],
    );
  });

  it('finds an import from outside of src', () => {
    assert.deepEqual(
      findings({ 'src/README.md': table('| main.ts | | everything |'), 'src/main.ts': "import '../scripts/x.ts';" }),
      ['src/main.ts:1 imports scripts/x.ts, which is outside of src/'],
    );
  });

  it('finds a permission that nobody uses', () => {
    assert.deepEqual(
      findings({ 'src/README.md': table('| api | | kit |', '| kit | | |'), 'src/api/a.ts': '', 'src/kit/k.ts': '' }),
      ['src/README.md:5 stale permission: nothing in api imports kit'],
    );
  });

  it('finds a row without a folder and a folder without a row', () => {
    assert.deepEqual(findings({ 'src/README.md': table('| gone | | |'), 'src/kit/k.ts': '' }), [
      'src/README.md:5 the table has no row for kit',
      'src/README.md:5 stale row: src/gone does not exist',
    ]);
  });

  it('finds a cycle within one folder and names its files', () => {
    assert.deepEqual(
      findings({
        'src/README.md': table('| kit | | |'),
        'src/kit/a.ts': "import './b.ts';",
        'src/kit/b.ts': "import './c.ts';",
        'src/kit/c.ts': "export * from './b.ts';",
      }),
      ['src/kit/c.ts:1 import cycle: src/kit/b.ts -> src/kit/c.ts -> src/kit/b.ts'],
    );
  });

  it('says when the file or the table is missing', () => {
    assert.match(findings({ 'src/main.ts': '' }).join(), /^src\/README.md:1 is missing/);
    assert.match(findings({ 'src/README.md': '# Map' }).join(), /^src\/README.md:1 has no table/);
  });
});

describe('parseTable', () => {
  it('finds the columns by name and stops at the end of the table', () => {
    const rows = parseTable(
      '| a | b |\n|--|--|\n| c | d |\n\n| May import | Folder |\n|--|--|\n| `x`, y/ | `z/` |\n\n| w | v |',
    );
    assert.deepEqual(rows, [{ unit: 'z', line: 7, mayImport: new Set(['x', 'y']) }]);
  });
});
