import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAnnotations, parseTsc } from '../../../scripts/tool-output.ts';

describe('parseTsc', () => {
  it('reads findings and leaves out the lines that explain them', () => {
    const output = "src/a.ts(3,5): error TS2322: Type 'x' is wrong.\n  Types of property 'b' differ.\n";
    assert.deepEqual(parseTsc(output), [{ file: 'src/a.ts', line: 3, message: "TS2322: Type 'x' is wrong." }]);
  });
});

describe('parseAnnotations', () => {
  it('reads absolute and relative files, with and without a line', () => {
    const output = [
      'Checked 5 files',
      '::warning title=lint/style/useConst,file=/p/src/a.ts,line=3,endLine=3,col=1::Use const.%0AIt is safe.',
      '::error file=src/b.ts,title=✂️ Knip / Unused files::src/b.ts',
    ].join('\n');
    assert.deepEqual(parseAnnotations(output, '/p'), [
      { file: 'src/a.ts', line: 3, message: 'lint/style/useConst: Use const. It is safe.' },
      { file: 'src/b.ts', line: 1, message: 'Knip / Unused files: src/b.ts' },
    ]);
  });
});
