import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatFinding } from '../../../scripts/finding.ts';
import { checkHouseRules } from '../../../scripts/house-rules.ts';
import { TempProject } from './temp-project.ts';

function findings(files: Readonly<Record<string, string>>): string[] {
  using project = new TempProject(files);
  return checkHouseRules(project.root).map(formatFinding);
}

describe('checkHouseRules', () => {
  it('keeps spawning in src/process', () => {
    assert.deepEqual(
      findings({
        'src/api/a.ts': "\nimport { spawn } from 'node:child_process';",
        'src/process/p.ts': "import { spawn } from 'node:child_process';",
        'test/unit/t.test.ts': "import { spawn } from 'child_process';",
      }),
      ['src/api/a.ts:2 child_process may only be imported in src/process/'],
    );
  });

  it('keeps the environment in src/config and src/process', () => {
    assert.deepEqual(
      findings({
        'src/api/a.ts': 'process.env.HOME',
        'src/config/c.ts': 'process.env',
        'src/process/p.ts': 'process.env',
      }),
      ['src/api/a.ts:1 process.env may only be read in src/config/ and src/process/'],
    );
  });

  it('keeps process.exit in the two entries', () => {
    const exit = 'process.exit(1);';
    assert.deepEqual(findings({ 'src/main.ts': exit, 'src/session/main.ts': exit, 'src/session/other.ts': exit }), [
      'src/session/other.ts:1 process.exit may only be called in the main.ts of a process',
    ]);
  });

  it('finds .only in tests and barrels in src', () => {
    assert.deepEqual(findings({ 'src/kit/index.ts': '', 'test/e2e/a.spec.ts': "\ntest.describe.only('a', f);" }), [
      'src/kit/index.ts:1 no barrels in src/: import the file that is meant',
      'test/e2e/a.spec.ts:2 a test marked .only keeps all others from running',
    ]);
  });

  it('does not mind words in comments and strings', () => {
    assert.deepEqual(findings({ 'src/api/a.ts': "// process.env\nconst a = 'process.exit(1)';" }), []);
  });
});
