import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lineAt, parseImports, parseSource } from '../../../scripts/source-text.ts';

const specifiers = (text: string): string[] => parseImports(parseSource(text)).map(({ specifier }) => specifier);

describe('parseSource', () => {
  it('blanks comments and keeps every offset', () => {
    const text = "a; // one\nb; /* two\nthree */ c; 'x // y';";
    const { code, bare } = parseSource(text);
    assert.equal(code, "a;       \nb;       \n         c; 'x // y';");
    assert.equal(bare, "a;       \nb;       \n         c; '      ';");
  });

  it('keeps the expressions of a template and blanks its text', () => {
    // Written with another sign, since a `${}` within quotes looks like a mistake.
    const text = '`a §{f({ b: `c §{d}` })} // e`; g'.replaceAll('§', '$');
    const bare = '`  §{f({ b: `  §{d}` })}     `; g'.replaceAll('§', '$');
    assert.equal(parseSource(text).bare, bare);
  });

  it('takes a slash after a value for a division', () => {
    assert.equal(parseSource("a / b; c / 'd'").bare, "a / b; c / ' '");
  });

  it('is not led astray by quotes in a regular expression', () => {
    assert.equal(parseSource('x = /[/"]`/g; process.env').bare.slice(-13), '; process.env');
  });

  it('survives strings and templates that never end', () => {
    assert.equal(parseSource("'abc").bare, "'abc");
    assert.equal(parseSource('`abc').code, '`abc');
  });
});

describe('parseImports', () => {
  it('sees every form of import', () => {
    const text = [
      "import a from './a.ts';",
      "import type { B } from './b.ts';",
      "import {\n  c,\n  type C,\n} from './c.ts';",
      "import * as d from './d.ts';",
      "import './e.ts';",
      "export { f } from './f.ts';",
      "export type { G } from './g.ts';",
      "export * from './h.ts';",
      "const i = await import('./i.ts');",
      "type J = import('./j.ts').J;",
    ].join('\n');
    assert.deepEqual(
      specifiers(text),
      'abcdefghij'.split('').map((name) => `./${name}.ts`),
    );
  });

  it('ignores imports in comments and strings', () => {
    assert.deepEqual(specifiers("// import a from './a.ts'\nconst b = \"import c from './c.ts'\";"), []);
  });

  it('tells the line where the import begins', () => {
    const [found] = parseImports(parseSource("\n\nimport {\n  a,\n} from './a.ts';"));
    assert.equal(found?.line, 3);
  });

  it('does not reach over a statement to a later from', () => {
    assert.deepEqual(specifiers("export const a = 1;\nconst from = './b.ts';"), []);
  });
});

describe('lineAt', () => {
  it('counts from one', () => {
    assert.deepEqual(
      [0, 1, 2, 3].map((offset) => lineAt('a\n\nb', offset)),
      [1, 1, 2, 3],
    );
  });
});
